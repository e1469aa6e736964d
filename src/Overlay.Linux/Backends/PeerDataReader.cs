using System.Text.Json;

namespace Overlay.Linux.Backends;

/// <summary>Reads the object that a peer publishes for its backend, as Go does: members in any case, unknown ones ignored, the last one wins.</summary>
public static class PeerDataReader
{
    private const int LongestQuote = 60;

    /// <summary>Hands each member to <paramref name="take"/>.</summary>
    /// <param name="json">The peer's bytes; anything.</param>
    /// <param name="members">The names of the members that count, for <paramref name="mistake"/>: <c>VNI and VtepMAC</c>.</param>
    /// <param name="take">Takes a member; <see langword="false"/> when its value is of the wrong kind.</param>
    /// <param name="mistake">What is wrong, as the end of a sentence, or an empty text.</param>
    public static bool TryRead(string? json, string members, Func<JsonProperty, bool> take, out string mistake)
    {
        ArgumentNullException.ThrowIfNull(take);
        mistake = "it publishes no backend data";
        if (string.IsNullOrEmpty(json))
        {
            return false;
        }

        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            var isRead = root.ValueKind == JsonValueKind.Object && root.EnumerateObject().All(take);
            mistake = isRead ? "" : $"its backend data {Quote(root.GetRawText())} is no object with {members}";
            return isRead;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a text with half a surrogate pair is JSON to the parser and no text to .NET.
            mistake = $"its backend data {Quote(json)} is not JSON";
            return false;
        }
    }

    /// <summary>A value that should be a text; another one as it stands, for the complaint about it.</summary>
    public static string? ReadText(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText();

    /// <summary>What a peer wrote, short enough for a message.</summary>
    public static string Quote(string? text) => string.IsNullOrEmpty(text) ? "(empty)" : text.Length <= LongestQuote ? text : text[..LongestQuote] + "...";
}
