using System.Globalization;
using System.Text.Json;
using Overlay.Core.Addressing;

namespace Overlay.Linux.Backends.Vxlan;

/// <summary>What a vxlan node publishes for each family: <c>{"VNI":1,"VtepMAC":"12:c6:65:89:b4:e3"}</c>. Flannel recovers its own MAC address from
/// these bytes by splitting the text, so their order and spacing are fixed (flannel-facts 4.2).</summary>
/// <param name="Vni">The network identifier; <see langword="null"/> from flannel before 0.14, which published none.</param>
/// <param name="Mac">The address of the node's VXLAN device.</param>
internal readonly record struct VxlanPeerData(int? Vni, MacAddress Mac)
{
    /// <summary>Writes flannel's bytes.</summary>
    public static string Write(int vni, MacAddress mac) => string.Create(CultureInfo.InvariantCulture, $$"""{"VNI":{{vni}},"VtepMAC":"{{mac}}"}""");

    /// <summary>Reads what a peer published, as Go does: keys in any case, unknown ones ignored, the last one wins.</summary>
    /// <param name="json">The peer's bytes; anything.</param>
    /// <param name="data">The data.</param>
    /// <param name="mistake">What is wrong, as the end of a sentence.</param>
    public static bool TryRead(string? json, out VxlanPeerData data, out string mistake)
    {
        data = default;
        int? vni = null;
        string? text = null;
        if (!PeerDataReader.TryRead(json, "VNI and VtepMAC", Take, out mistake))
        {
            return false;
        }

        // Nodes on Windows may write the address with hyphens.
        if (!MacAddress.TryParse(text?.Replace('-', ':'), out var mac) || mac.IsZero || IsGroup(mac))
        {
            mistake = $"its VtepMAC {PeerDataReader.Quote(text)} is not the Ethernet address of a device";
            return false;
        }

        data = new VxlanPeerData(vni, mac);
        return true;

        bool Take(JsonProperty member)
        {
            if (member.Name.Equals("VNI", StringComparison.OrdinalIgnoreCase))
            {
                vni = member.Value.ValueKind == JsonValueKind.Number && member.Value.TryGetInt32(out var number) ? number : null;
                return vni is not null;
            }

            text = member.Name.Equals("VtepMAC", StringComparison.OrdinalIgnoreCase) ? PeerDataReader.ReadText(member.Value) : text;
            return true;
        }
    }

    private static bool IsGroup(MacAddress mac)
    {
        Span<byte> bytes = stackalloc byte[MacAddress.Size];
        mac.Write(bytes);
        return (bytes[0] & 1) != 0;
    }
}
