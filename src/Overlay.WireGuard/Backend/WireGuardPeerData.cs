using System.Globalization;
using System.Text.Json;
using Overlay.Linux.Backends;
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
        string? text = null;
        int? port = null;
        if (!PeerDataReader.TryRead(json, "PublicKey and Port", Take, out mistake))
        {
            return false;
        }

        if (text is not { Length: 44 } || !PublicKey.TryParse(text, out var key) || key.IsZero)
        {
            mistake = $"its PublicKey {PeerDataReader.Quote(text)} is no WireGuard key";
            return false;
        }

        data = new WireGuardPeerData(key, port);
        return true;

        bool Take(JsonProperty member)
        {
            if (member.Name.Equals("PublicKey", StringComparison.OrdinalIgnoreCase))
            {
                text = PeerDataReader.ReadText(member.Value);
            }
            else if (member.Name.Equals("Port", StringComparison.OrdinalIgnoreCase) && member.Value.ValueKind != JsonValueKind.Null)
            {
                if (member.Value.ValueKind != JsonValueKind.Number || !member.Value.TryGetInt32(out var number) || number is < 0 or > ushort.MaxValue)
                {
                    return false;
                }

                port = number == 0 ? null : number;
            }

            return true;
        }
    }
}
