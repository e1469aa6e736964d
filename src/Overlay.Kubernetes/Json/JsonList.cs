using System.Text.Json;

namespace Overlay.Kubernetes.Json;

/// <summary>The items of a Kubernetes list, one at a time: a page of five hundred nodes is never in memory as a whole.</summary>
internal sealed class JsonList(JsonBuffer buffer)
{
    private JsonReaderState _state = new(new JsonReaderOptions { MaxDepth = 128 });
    private Place _place;
    private int _taken;

    private enum Place
    {
        Before,
        Members,
        Items,
        Behind,
    }

    /// <summary>The version that the list was read at; a watch goes on from it.</summary>
    public string ResourceVersion { get; private set; } = "";

    /// <summary>What the next page is asked for with; empty on the last one.</summary>
    public string Continue { get; private set; } = "";

    /// <summary>Whether the list was read to its end.</summary>
    public bool IsComplete => _place == Place.Behind;

    /// <summary>The next item among the bytes that were read; <see langword="false"/> when the list is complete or more must be read first.</summary>
    /// <param name="item">The item's own bytes, valid until the next call.</param>
    /// <exception cref="JsonException">The bytes are no list.</exception>
    public bool TryTake(out ReadOnlySpan<byte> item)
    {
        buffer.Consume(_taken);
        _taken = 0;
        item = default;
        while (!IsComplete)
        {
            var reader = new Utf8JsonReader(buffer.Bytes, buffer.IsEnded, _state);
            if (!reader.Read())
            {
                return false;
            }

            var start = (int)reader.TokenStartIndex;
            switch (_place)
            {
                case Place.Before:
                    _place = reader.TokenType == JsonTokenType.StartObject ? Place.Members : throw new JsonException("The answer is no list.");
                    break;
                case Place.Members when reader.TokenType == JsonTokenType.EndObject:
                    _place = Place.Behind;
                    break;
                case Place.Members:
                    if (!TryEnterOrSkip(ref reader))
                    {
                        return false;
                    }

                    break;
                case Place.Items when reader.TokenType == JsonTokenType.EndArray:
                    _place = Place.Members;
                    break;
                case Place.Items:
                    if (!reader.TrySkip())
                    {
                        return false;
                    }

                    _state = reader.CurrentState;
                    _taken = (int)reader.BytesConsumed;
                    item = buffer.Bytes[start.._taken];
                    return true;
            }

            _state = reader.CurrentState;
            buffer.Consume((int)reader.BytesConsumed);
        }

        return false;
    }

    private bool TryEnterOrSkip(ref Utf8JsonReader reader)
    {
        var isItems = reader.ValueTextEquals("items"u8);
        var isMetadata = reader.ValueTextEquals("metadata"u8);
        if (!reader.Read())
        {
            return false;
        }

        if (isItems && reader.TokenType == JsonTokenType.StartArray)
        {
            _place = Place.Items;
            return true;
        }

        var value = reader;
        if (!reader.TrySkip())
        {
            return false;
        }

        if (isMetadata && value.TokenType == JsonTokenType.StartObject)
        {
            ReadMetadata(ref value);
        }

        return true;
    }

    private void ReadMetadata(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isVersion = reader.ValueTextEquals("resourceVersion"u8);
            var isContinue = reader.ValueTextEquals("continue"u8);
            reader.Read();
            if (reader.TokenType == JsonTokenType.String && isVersion)
            {
                ResourceVersion = reader.GetString()!;
            }
            else if (reader.TokenType == JsonTokenType.String && isContinue)
            {
                Continue = reader.GetString()!;
            }

            // The whole of it is there, but this reader was made for a part.
            _ = reader.TrySkip();
        }
    }
}
