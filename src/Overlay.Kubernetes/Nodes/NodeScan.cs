using System.Runtime.CompilerServices;
using System.Text.Json;
using Overlay.Kubernetes.Json;

namespace Overlay.Kubernetes.Nodes;

/// <summary>A view over the JSON of a Node object that knows where the fields of interest stand. Nothing is copied.</summary>
internal readonly ref struct NodeScan
{
    private const int FieldCount = (int)NodeField.NetworkMessage + 1;

    private readonly ReadOnlySpan<byte> _json;
    private readonly Places _places;

    private NodeScan(ReadOnlySpan<byte> json, scoped in Places places)
    {
        _json = json;
        _places = places;
    }

    /// <summary>The text of a field.</summary>
    public JsonSlice this[NodeField field] => new(_json[_places[(int)field]]);

    /// <summary>Succeeds when the bytes are one JSON object that has a name; members of an unexpected type count as absent.</summary>
    public static bool TryRead(ReadOnlySpan<byte> json, AnnotationNames names, out NodeScan scan)
    {
        var places = default(Places);
        scan = default;
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 128 });
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return false;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                ReadMember(ref reader, names, ref places);
            }
        }
        catch (JsonException)
        {
            return false;
        }

        scan = new NodeScan(json, places);
        return !scan[NodeField.Name].IsAbsent;
    }

    private static void ReadMember(ref Utf8JsonReader reader, AnnotationNames names, ref Places places)
    {
        var isMetadata = reader.ValueTextEquals("metadata"u8);
        var isSpec = reader.ValueTextEquals("spec"u8);
        var isStatus = reader.ValueTextEquals("status"u8);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject || !(isMetadata || isSpec || isStatus))
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (isMetadata)
            {
                ReadMetadata(ref reader, names, ref places);
            }
            else if (isSpec)
            {
                ReadSpec(ref reader, ref places);
            }
            else
            {
                ReadStatus(ref reader, ref places);
            }
        }
    }

    private static void ReadMetadata(ref Utf8JsonReader reader, AnnotationNames names, ref Places places)
    {
        if (reader.ValueTextEquals("annotations"u8))
        {
            reader.Read();
            while (reader.TokenType == JsonTokenType.StartObject || reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.TokenType == JsonTokenType.PropertyName && names.Find(ref reader) is { } field)
                {
                    Note(ref reader, field, ref places);
                }
                else if (reader.TokenType == JsonTokenType.PropertyName)
                {
                    reader.Skip();
                }

                reader.Read();
            }

            reader.Skip();
            return;
        }

        NodeField? known = reader.ValueTextEquals("name"u8) ? NodeField.Name
            : reader.ValueTextEquals("uid"u8) ? NodeField.Uid
            : reader.ValueTextEquals("resourceVersion"u8) ? NodeField.ResourceVersion
            : null;
        NoteOrSkip(ref reader, known, ref places);
    }

    private static void ReadSpec(ref Utf8JsonReader reader, ref Places places)
    {
        if (!reader.ValueTextEquals("podCIDRs"u8))
        {
            NoteOrSkip(ref reader, reader.ValueTextEquals("podCIDR"u8) ? NodeField.PodCidr : null, ref places);
            return;
        }

        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return;
        }

        for (var field = NodeField.FirstPodCidr; reader.Read() && reader.TokenType != JsonTokenType.EndArray; field++)
        {
            if (field <= NodeField.ThirdPodCidr && reader.TokenType == JsonTokenType.String)
            {
                places[(int)field] = Place(ref reader);
            }

            reader.Skip();
        }
    }

    private static void ReadStatus(ref Utf8JsonReader reader, ref Places places)
    {
        var isConditions = reader.ValueTextEquals("conditions"u8);
        reader.Read();
        if (!isConditions || reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.StartObject)
            {
                ReadCondition(ref reader, ref places);
            }
            else
            {
                reader.Skip();
            }
        }
    }

    private static void ReadCondition(ref Utf8JsonReader reader, ref Places places)
    {
        var isNetwork = false;
        Range status = default, reason = default, message = default;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isType = reader.ValueTextEquals("type"u8);
            var isStatus = reader.ValueTextEquals("status"u8);
            var isReason = reader.ValueTextEquals("reason"u8);
            var isMessage = reader.ValueTextEquals("message"u8);
            reader.Read();
            if (reader.TokenType == JsonTokenType.String)
            {
                isNetwork |= isType && reader.ValueTextEquals("NetworkUnavailable"u8);
                status = isStatus ? Place(ref reader) : status;
                reason = isReason ? Place(ref reader) : reason;
                message = isMessage ? Place(ref reader) : message;
            }

            reader.Skip();
        }

        if (isNetwork)
        {
            places[(int)NodeField.NetworkStatus] = status;
            places[(int)NodeField.NetworkReason] = reason;
            places[(int)NodeField.NetworkMessage] = message;
        }
    }

    private static void NoteOrSkip(ref Utf8JsonReader reader, NodeField? field, ref Places places)
    {
        if (field is { } known)
        {
            Note(ref reader, known, ref places);
        }
        else
        {
            reader.Skip();
        }
    }

    private static void Note(ref Utf8JsonReader reader, NodeField field, ref Places places)
    {
        reader.Read();
        places[(int)field] = reader.TokenType == JsonTokenType.String ? Place(ref reader) : default;
        reader.Skip();
    }

    // With the quotes, so that a reader can be put on it again.
    private static Range Place(ref Utf8JsonReader reader) => (int)reader.TokenStartIndex..(int)reader.BytesConsumed;

    [InlineArray(FieldCount)]
    private struct Places
    {
        private Range _first;
    }
}
