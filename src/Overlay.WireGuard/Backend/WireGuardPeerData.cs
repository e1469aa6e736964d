using System.Globalization;
using System.Text.Json;
using Overlay.WireGuard.Protocol.Keys;

namespace Overlay.WireGuard.Backend;

/// <summary>What a wireguard node publishes for each family: <c>{"PublicKey":"...","Port":51820}</c> (flannel-facts 4.3).</summary>
/// <param name="PublicKey">The node's key.</param>
/// <param name="Port">The port that its device listens on; <see langword="null"/> from flannel before 0.21, which published none.</param>
internal readonly record struct WireGuardPeerData(PublicKey PublicKey, int? Port)
{
    /// <summary>Writes flannel's bytes.</summary>
    public static string Write(PublicKey publicKey, int port) =>
        string.Create(CultureInfo.InvariantCulture, $$"""{"PublicKey":"{{publicKey}}","Port":{{port}}}""");

    /// <summary>Reads what a peer published, as Go does: keys in any case, unknown ones ignored, the last one wins.</summary>
    /// <param name="json">The peer's bytes; anything.</param>
    /// <param name="data">The data.</param>
    /// <param name="mistake">What is wrong, as the end of a sentence.</param>
    public static bool TryRead(string? json, out WireGuardPeerData data, out string mistake)
    {
        data = default;
        mistake = "";
        if (string.IsNullOrEmpty(json))
        {
            mistake = "it publishes no backend data";
            return false;
        }

        try
        {
            using var document = JsonDocument.Parse(json);
            return TryRead(document.RootElement, out data, out mistake);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a text with half a surrogate pair is JSON to the parser and no text to .NET.
            mistake = $"its backend data {Shorten(json)} is not JSON";
            return false;
        }
    }

    private static bool TryRead(JsonElement root, out WireGuardPeerData data, out string mistake)
    {
        data = default;
        mistake = $"its backend data {Shorten(root.GetRawText())} is no object with PublicKey and Port";
        if (root.ValueKind != JsonValueKind.Object)
        {
            return false;
        }

        string? text = null;
        int? port = null;
        foreach (var member in root.EnumerateObject())
        {
            if (member.Name.Equals("PublicKey", StringComparison.OrdinalIgnoreCase))
            {
                text = member.Value.ValueKind == JsonValueKind.String ? member.Value.GetString() : member.Value.GetRawText();
            }
            else if (member.Name.Equals("Port", StringComparison.OrdinalIgnoreCase) && member.Value.ValueKind != JsonValueKind.Null)
            {
                if (member.Value.ValueKind != JsonValueKind.Number || !member.Value.TryGetInt32(out var number) || number is < 0 or > ushort.MaxValue)
                {
                    return false;
                }

                port = number == 0 ? null : number;
            }
        }

        if (text is not { Length: 44 } || !PublicKey.TryParse(text, out var key) || key.IsZero)
        {
            mistake = $"its PublicKey {Shorten(text ?? "")} is no WireGuard key";
            return false;
        }

        data = new WireGuardPeerData(key, port);
        return true;
    }

    private static string Shorten(string text) => text.Length == 0 ? "(empty)" : text.Length <= 60 ? text : text[..60] + "...";
}
