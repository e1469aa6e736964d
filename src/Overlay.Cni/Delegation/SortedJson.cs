using System.Text.Json;
using Overlay.Cni.Protocol;

namespace Overlay.Cni.Delegation;

/// <summary>An object whose members are written in the order of their names, at every depth, as Go writes its maps: flannel's configurations come out byte for byte.</summary>
internal sealed class SortedJson
{
    private readonly SortedDictionary<string, Action<Utf8JsonWriter>> _members = new(StringComparer.Ordinal);

    /// <summary>Begins with the members of an object; with none if it is missing.</summary>
    public static SortedJson From(JsonValue value)
    {
        var sorted = new SortedJson();
        if (!value.IsMissing)
        {
            foreach (var member in value.Object().EnumerateObject())
            {
                sorted.Set(NameOf(member), json => Write(json, member.Value));
            }
        }

        return sorted;
    }

    public SortedJson Set(string name, Action<Utf8JsonWriter> write)
    {
        _members[name] = write;
        return this;
    }

    public SortedJson Set(string name, string text) => Set(name, json => json.WriteStringValue(text));

    public SortedJson Set(string name, bool flag) => Set(name, json => json.WriteBooleanValue(flag));

    public SortedJson Set(string name, long number) => Set(name, json => json.WriteNumberValue(number));

    public SortedJson Set(string name, SortedJson value) => Set(name, value.Write);

    /// <summary>Copies a value if there is one.</summary>
    public SortedJson Set(string name, JsonValue value) => value.IsMissing ? this : Set(name, json => Write(json, value.Element));

    /// <summary>Sets what is not there yet.</summary>
    public SortedJson Default(string name, Func<SortedJson, SortedJson> set) => _members.ContainsKey(name) ? this : set(this);

    public byte[] ToBytes()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            Write(json);
        }

        return buffer.ToArray();
    }

    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        foreach (var (name, write) in _members)
        {
            json.WritePropertyName(name);
            write(json);
        }

        json.WriteEndObject();
    }

    private static string NameOf(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException exception)
        {
            throw new CniException(CniErrorCode.Decoding, "The network configuration has a name with half a surrogate pair: write it otherwise.", exception);
        }
    }

    private static void Write(Utf8JsonWriter json, JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                From(new JsonValue(element, "")).Write(json);
                break;
            case JsonValueKind.Array:
                json.WriteStartArray();
                foreach (var entry in element.EnumerateArray())
                {
                    Write(json, entry);
                }

                json.WriteEndArray();
                break;
            default:
                // As it is written: half a surrogate pair is the plugin's to judge.
                json.WriteRawValue(element.GetRawText(), skipInputValidation: true);
                break;
        }
    }
}
