using System.Globalization;
using System.Text.Json;

namespace Overlay.Core.Configuration;

/// <summary>Reads the members of a JSON object as Go's encoding/json does (keys in any case, the last duplicate wins, <c>null</c> is the default,
/// unknown keys are ignored; flannel-facts 1.C) and collects every mistake instead of stopping at the first.</summary>
public sealed class SettingsReader
{
    private readonly string _where;
    private readonly Dictionary<string, JsonElement> _members = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<ConfigurationMistake> _mistakes;

    /// <summary>Reads <paramref name="settings"/>, an object.</summary>
    /// <param name="settings">A JSON object.</param>
    /// <param name="where">The place for messages, with what separates it from a key: <c>net-conf.json: Backend.</c></param>
    /// <param name="mistakes">Takes the mistakes.</param>
    public SettingsReader(JsonElement settings, string where, List<ConfigurationMistake> mistakes)
    {
        _where = where;
        _mistakes = mistakes;
        foreach (var member in settings.EnumerateObject())
        {
            if (TryRead(() => member.Name) is { } name)
            {
                _members[name] = member.Value;
            }
        }
    }

    /// <summary>Whether the object has the key, with another value than <c>null</c>.</summary>
    public bool Has(string key) => TryGet(key, out _);

    /// <summary>Reads a whole number from <paramref name="minimum"/> to <paramref name="maximum"/>.</summary>
    public int ReadInt32(string key, int defaultValue, int minimum, int maximum) =>
        ReadInt32(key, defaultValue, minimum, maximum, string.Create(CultureInfo.InvariantCulture, $"a whole number from {minimum} to {maximum}")) ?? defaultValue;

    /// <summary>Reads <c>true</c> or <c>false</c>.</summary>
    public bool ReadBoolean(string key, bool defaultValue)
    {
        if (!TryGet(key, out var value))
        {
            return defaultValue;
        }

        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return value.GetBoolean();
        }

        AddMistake(key, "true or false");
        return defaultValue;
    }

    /// <summary>Reads a text; <see langword="null"/> when the key is absent.</summary>
    public string? ReadString(string key, string allowed)
    {
        if (!TryGet(key, out var value))
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.String && TryRead(value.GetString) is { } text)
        {
            return text;
        }

        AddMistake(key, allowed);
        return null;
    }

    /// <summary>Reads a text that no message may show; <see langword="null"/> when the key is absent or the text is not what is allowed.</summary>
    /// <param name="key">The key.</param>
    /// <param name="isAllowed">Whether a text can be used.</param>
    /// <param name="allowed">What is allowed, as the end of a sentence.</param>
    public string? ReadSecret(string key, Func<string, bool> isAllowed, string allowed)
    {
        ArgumentNullException.ThrowIfNull(isAllowed);
        if (!TryGet(key, out var value))
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.String && TryRead(value.GetString) is { } text && isAllowed(text))
        {
            return text;
        }

        _mistakes.Add(new ConfigurationMistake(_where + key, "something else (not shown: it is a secret)", allowed));
        return null;
    }

    /// <summary>Reads an object; <see langword="null"/> when the key is absent.</summary>
    public JsonElement? ReadObject(string key)
    {
        if (!TryGet(key, out var value))
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.Object)
        {
            return value;
        }

        AddMistake(key, "a JSON object");
        return null;
    }

    /// <summary>Records that the value of <paramref name="key"/> cannot be used.</summary>
    /// <param name="key">The key.</param>
    /// <param name="allowed">What is allowed, as the end of a sentence.</param>
    public void AddMistake(string key, string allowed) =>
        _mistakes.Add(new ConfigurationMistake(_where + key, TryGet(key, out var value) ? Shorten(value.GetRawText()) : "nothing", allowed));

    /// <summary>A value as a message shows it: on one line, and not much of it.</summary>
    internal static string Shorten(string text)
    {
        const int Most = 60;
        var line = text.ReplaceLineEndings(" ");
        return line.Length <= Most ? line : line[..Most] + "...";
    }

    /// <summary>Reads a whole number; <see langword="null"/> after a mistake.</summary>
    internal int? ReadInt32(string key, int defaultValue, int minimum, int maximum, string allowed)
    {
        if (!TryGet(key, out var value))
        {
            return defaultValue;
        }

        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= minimum && number <= maximum)
        {
            return number;
        }

        AddMistake(key, allowed);
        return null;
    }

    /// <summary>JSON may hold half of a surrogate pair, which no .NET text can; such a name or text is treated as unusable.</summary>
    private static string? TryRead(Func<string?> read)
    {
        try
        {
            return read();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private bool TryGet(string key, out JsonElement value) =>
        _members.TryGetValue(key, out value) && value.ValueKind != JsonValueKind.Null;
}
