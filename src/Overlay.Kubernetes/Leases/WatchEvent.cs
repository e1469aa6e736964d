using System.Text.Json;

namespace Overlay.Kubernetes.Leases;

/// <summary>A view over one event of a watch.</summary>
internal readonly ref struct WatchEvent
{
    private WatchEvent(WatchEventType type, ReadOnlySpan<byte> item)
    {
        Type = type;
        Object = item;
    }

    /// <summary>What happened.</summary>
    public WatchEventType Type { get; }

    /// <summary>The JSON of the object that it happened to; of a Status for an error.</summary>
    public ReadOnlySpan<byte> Object { get; }

    /// <summary>Succeeds when the bytes are one JSON object with an object in it.</summary>
    public static bool TryRead(ReadOnlySpan<byte> json, out WatchEvent result)
    {
        result = default;
        var type = WatchEventType.Unknown;
        var item = ReadOnlySpan<byte>.Empty;
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 128 });
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return false;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isType = reader.ValueTextEquals("type"u8);
            var isObject = reader.ValueTextEquals("object"u8);
            reader.Read();
            if (isType && reader.TokenType == JsonTokenType.String)
            {
                type = ReadType(ref reader);
            }

            var start = (int)reader.TokenStartIndex;
            var begins = reader.TokenType == JsonTokenType.StartObject;
            reader.Skip();
            if (isObject && begins)
            {
                item = json[start..(int)reader.BytesConsumed];
            }
        }

        result = new WatchEvent(type, item);
        return !item.IsEmpty;
    }

    private static WatchEventType ReadType(ref Utf8JsonReader reader) =>
        reader.ValueTextEquals("ADDED"u8) || reader.ValueTextEquals("MODIFIED"u8) ? WatchEventType.Written
        : reader.ValueTextEquals("DELETED"u8) ? WatchEventType.Deleted
        : reader.ValueTextEquals("BOOKMARK"u8) ? WatchEventType.Bookmark
        : reader.ValueTextEquals("ERROR"u8) ? WatchEventType.Error
        : WatchEventType.Unknown;
}
