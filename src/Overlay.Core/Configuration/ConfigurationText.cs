using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Overlay.Core.Configuration;

/// <summary>Turns a configuration file into JSON, or into one mistake that says where the text breaks off.</summary>
internal static class ConfigurationText
{
    private const string Allowed = "one JSON object, without comments and trailing commas";

    /// <summary>Reads a whole file; bytes that are no UTF-8 become U+FFFD, as in Go.</summary>
    /// <exception cref="ConfigurationException">The file cannot be read.</exception>
    public static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path, Encoding.UTF8);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            var found = exception switch
            {
                FileNotFoundException => "no such file",
                DirectoryNotFoundException => "no such folder",
                UnauthorizedAccessException when Directory.Exists(path) => "a folder",
                UnauthorizedAccessException => "a file that may not be read",
                _ => exception.Message,
            };
            throw new ConfigurationException([new ConfigurationMistake(path, found, "a readable file with the network's configuration")]);
        }
    }

    /// <summary>Parses a text whose outermost value is an object.</summary>
    /// <exception cref="ConfigurationException">The text is something else.</exception>
    public static JsonDocument Parse(string text, string where)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(text);
        }
        catch (JsonException exception)
        {
            throw new ConfigurationException([Locate(text, where, exception)]);
        }

        if (document.RootElement.ValueKind == JsonValueKind.Object)
        {
            return document;
        }

        using (document)
        {
            throw new ConfigurationException([new ConfigurationMistake(where, SettingsReader.Shorten(document.RootElement.GetRawText()), Allowed)]);
        }
    }

    /// <summary>The reader counts lines and bytes from zero; people count lines and characters from one.</summary>
    private static ConfigurationMistake Locate(string text, string where, JsonException exception)
    {
        var line = (int)(exception.LineNumber ?? 0);
        var content = text.Split('\n').ElementAtOrDefault(line) ?? "";
        var bytes = Encoding.UTF8.GetBytes(content);
        var before = Encoding.UTF8.GetString(bytes, 0, (int)Math.Min(exception.BytePositionInLine ?? 0, bytes.Length));
        var rest = content[Math.Min(before.Length, content.Length)..].TrimEnd('\r');
        var isEnd = rest.Length == 0 && line >= text.TrimEnd('\n').Count(character => character == '\n');
        var found = isEnd ? "the end of the text" : rest.Length == 0 ? "the end of the line" : $"'{rest.EnumerateRunes().First()}'";
        return new ConfigurationMistake(string.Create(CultureInfo.InvariantCulture, $"{where}: line {line + 1}, column {before.Length + 1}"), found, Allowed);
    }
}
