using System.Text.Json;

namespace Overlay.Cni.Protocol;

/// <summary>A value somewhere in a configuration, with the words for refusing it: where it stands, what was found, what is allowed.</summary>
/// <param name="element">The value; nothing if it is missing.</param>
/// <param name="path">Where it stands, such as <c>delegate.mtu</c>.</param>
internal readonly struct JsonValue(JsonElement? element, string path)
{
    private const int LongestQuote = 60;

    /// <summary>Where it stands.</summary>
    public string Path => path;

    /// <summary>Whether it is not there. A <c>null</c> counts as missing, as it does in Go.</summary>
    public bool IsMissing => element is null or { ValueKind: JsonValueKind.Null or JsonValueKind.Undefined };

    /// <summary>The value itself, which must not be missing.</summary>
    public JsonElement Element => element!.Value;

    /// <summary>Reads a whole text as one object.</summary>
    /// <exception cref="CniException">It is no JSON, or no object.</exception>
    public static JsonValue Parse(ReadOnlyMemory<byte> text, string what)
    {
        try
        {
            var root = new JsonValue(JsonDocument.Parse(text).RootElement, "");
            return root.Element.ValueKind == JsonValueKind.Object
                ? root
                : throw new CniException(CniErrorCode.Decoding, $"{what}: found {root.Found()}, allowed is one JSON object.");
        }
        catch (JsonException exception)
        {
            var where = text.IsEmpty ? "it is empty" : $"line {exception.LineNumber + 1}, column {exception.BytePositionInLine + 1} cannot be read";
            throw new CniException(CniErrorCode.Decoding, $"{what} is no JSON: {where}.", exception);
        }
    }

    /// <summary>A member of an object; names match in any case and the last one wins, as in Go's encoding/json.</summary>
    public JsonValue Member(string name)
    {
        JsonElement? found = null;
        if (!IsMissing)
        {
            foreach (var member in Object().EnumerateObject())
            {
                if (IsNamed(member, name))
                {
                    found = member.Value;
                }
            }
        }

        return new JsonValue(found, string.IsNullOrEmpty(path) ? name : $"{path}.{name}");
    }

    /// <summary>The text, or <paramref name="fallback"/> if it is missing.</summary>
    public string Text(string fallback, string allowed = "a text")
    {
        if (IsMissing)
        {
            return fallback;
        }

        if (Element.ValueKind == JsonValueKind.String)
        {
            try
            {
                return Element.GetString()!;
            }
            catch (InvalidOperationException)
            {
                // Half a surrogate pair, or bytes that are no UTF-8.
            }
        }

        throw Wrong(allowed);
    }

    /// <summary>The text, which may not be missing or empty.</summary>
    public string RequiredText(string allowed) => Text("", allowed) is { Length: > 0 } text ? text : throw Wrong(allowed);

    /// <summary>An absolute path, or <paramref name="fallback"/> if it is missing or empty.</summary>
    public string AbsolutePath(string fallback)
    {
        var text = Text("", "an absolute path");
        return text.Length == 0 ? fallback : text[0] == '/' && !text.Contains('\0', StringComparison.Ordinal) ? text : throw Wrong("an absolute path");
    }

    /// <summary>True or false, or <paramref name="fallback"/> if it is missing.</summary>
    public bool Flag(bool fallback) => IsMissing ? fallback : Element.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Wrong("true or false"),
    };

    /// <summary>A whole number, or <paramref name="fallback"/> if it is missing.</summary>
    public long Number(long fallback, long least, long most) => IsMissing
        ? fallback
        : Element.ValueKind == JsonValueKind.Number && Element.TryGetInt64(out var number) && number >= least && number <= most
            ? number
            : throw Wrong($"a whole number from {least} to {most}");

    /// <summary>The object; it must not be missing.</summary>
    public JsonElement Object() => Element.ValueKind == JsonValueKind.Object ? Element : throw Wrong("an object");

    /// <summary>The entries of a list; none if it is missing.</summary>
    public IEnumerable<JsonValue> List()
    {
        if (IsMissing)
        {
            yield break;
        }

        if (Element.ValueKind != JsonValueKind.Array)
        {
            throw Wrong("a list");
        }

        var index = 0;
        foreach (var entry in Element.EnumerateArray())
        {
            yield return new JsonValue(entry, $"{path}[{index++}]");
        }
    }

    /// <summary>The refusal of this value.</summary>
    public CniException Wrong(string allowed, CniErrorCode code = CniErrorCode.InvalidConfiguration) => new(code, $"{path}: found {Found()}, allowed is {allowed}.");

    private string Found()
    {
        if (element is null or { ValueKind: JsonValueKind.Undefined })
        {
            return "nothing";
        }

        var text = Element.GetRawText();
        return text.Length <= LongestQuote ? text : $"{text[..LongestQuote]}...";
    }

    private static bool IsNamed(JsonProperty member, string name)
    {
        try
        {
            return member.NameEquals(name) || string.Equals(member.Name, name, StringComparison.OrdinalIgnoreCase);
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair is nobody's name.
            return false;
        }
    }
}
