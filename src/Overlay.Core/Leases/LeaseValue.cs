using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Overlay.Core.Addressing;

namespace Overlay.Core.Leases;

/// <summary>The value of a lease in a store: flannel's JSON (flannel-facts 3.2, 3.3), and behind it one member of our own, which flannel ignores.</summary>
/// <param name="Attributes">Flannel's part.</param>
/// <param name="Owner">Who wrote it; <see langword="null"/> for flannel and for an administrator's reservation.</param>
/// <param name="Claim">Who asks whether the owner is alive.</param>
internal sealed record LeaseValue(LeaseAttributes Attributes, NodeMark? Owner = null, NodeMark? Claim = null)
{
    private const string OwnMember = "Overlay";
    private const string ClaimMember = "Claim";

    // One object for each name that flannel writes, rather than one for each lease.
    private static readonly string[] _backendTypes = ["vxlan", "host-gw", "wireguard", "ipip", "ipsec", "extension"];

    /// <summary>The bytes to store. Flannel's part is flannel's byte for byte.</summary>
    public byte[] Write()
    {
        var json = new StringBuilder(256).Append("{\"PublicIP\":").AppendText((Attributes.PublicAddresses.IPv4 ?? IPAddress.Any).ToString()).Append(",\"PublicIPv6\":");
        _ = Attributes.PublicAddresses.IPv6 is { } ipv6 ? json.AppendText(ipv6.ToString()) : json.Append("null");
        if (Attributes.BackendType.Length > 0)
        {
            json.Append(",\"BackendType\":").AppendText(Attributes.BackendType);
        }

        AppendData(json, "BackendData", Attributes.BackendData);
        AppendData(json, "BackendV6Data", Attributes.BackendV6Data);
        if (Owner is not null || Claim is not null)
        {
            json.Append(",\"" + OwnMember + "\":{");
            AppendMark(json, Owner);
            if (Claim is not null)
            {
                AppendMark(json.Append(Owner is null ? "\"" : ",\"").Append(ClaimMember).Append("\":{"), Claim);
                json.Append('}');
            }

            json.Append('}');
        }

        return Encoding.UTF8.GetBytes(json.Append('}').ToString());
    }

    /// <summary>Reads a value as Go does: members in any order and case, the last duplicate wins, unknown ones ignored. What Go refuses gives
    /// <see langword="null"/>.</summary>
    public static LeaseValue? TryRead(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return document.RootElement.ValueKind == JsonValueKind.Object ? Read(document.RootElement) : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: bytes that are no UTF-8, or half of a surrogate pair.
            return null;
        }
    }

    private static LeaseValue? Read(JsonElement root)
    {
        IPAddress? ipv4 = null, ipv6 = null;
        string type = "";
        string? data = null, dataV6 = null;
        NodeMark? owner = null, claim = null;
        foreach (var member in root.EnumerateObject())
        {
            var value = member.Value;
            var isGood = member.Name.ToUpperInvariant() switch
            {
                "PUBLICIP" => TryReadAddress(value, AddressFamily.InterNetwork, out ipv4),
                "PUBLICIPV6" => TryReadAddress(value, AddressFamily.InterNetworkV6, out ipv6),
                "BACKENDTYPE" => TryReadText(value, out type),
                "BACKENDDATA" => ReadData(value, out data),
                "BACKENDV6DATA" => ReadData(value, out dataV6),
                "OVERLAY" => ReadMarks(value, out owner, out claim),
                _ => true,
            };
            if (!isGood)
            {
                return null;
            }
        }

        var attributes = new LeaseAttributes { PublicAddresses = new AddressPair(ipv4, ipv6), BackendType = type, BackendData = data, BackendV6Data = dataV6 };
        return new LeaseValue(attributes, owner, claim);
    }

    private static bool TryReadAddress(JsonElement value, AddressFamily family, out IPAddress? address)
    {
        address = null;
        if (value.ValueKind == JsonValueKind.Null)
        {
            return true;
        }

        if (value.ValueKind != JsonValueKind.String || !AddressText.TryParse(value.GetString(), family, out var read))
        {
            return false;
        }

        address = read.Value == 0 ? null : read.ToIPAddress();
        return true;
    }

    private static bool TryReadText(JsonElement value, out string text)
    {
        text = "";
        if (value.ValueKind is not (JsonValueKind.String or JsonValueKind.Null))
        {
            return false;
        }

        text = Array.Find(_backendTypes, type => value.ValueKind == JsonValueKind.String && value.ValueEquals(type)) ?? value.GetString() ?? "";
        return true;
    }

    private static bool ReadData(JsonElement value, out string? data)
    {
        data = value.ValueKind == JsonValueKind.Null ? null : new StringBuilder().AppendCompact(value.GetRawText()).ToString();
        return true;
    }

    /// <summary>The member is ours alone: in another form it is somebody else's, and ignored.</summary>
    private static bool ReadMarks(JsonElement value, out NodeMark? owner, out NodeMark? claim)
    {
        owner = ReadMark(value);
        claim = value.ValueKind == JsonValueKind.Object && value.TryGetProperty(ClaimMember, out var inner) ? ReadMark(inner) : null;
        return true;
    }

    private static NodeMark? ReadMark(JsonElement value) =>
        value.ValueKind == JsonValueKind.Object
        && value.TryGetProperty("Node", out var node) && node.ValueKind == JsonValueKind.String
        && value.TryGetProperty("Incarnation", out var incarnation) && incarnation.ValueKind == JsonValueKind.String
        && value.TryGetProperty("Session", out var session) && session.ValueKind == JsonValueKind.String
            ? new NodeMark(new NodeIdentity(node.GetString()!, incarnation.GetString()!), session.GetString()!)
            : null;

    private static void AppendData(StringBuilder json, string name, string? data)
    {
        if (!string.IsNullOrEmpty(data))
        {
            json.Append(",\"").Append(name).Append("\":").AppendCompact(data);
        }
    }

    private static void AppendMark(StringBuilder json, NodeMark? mark)
    {
        if (mark is not null)
        {
            json.Append("\"Node\":").AppendText(mark.Identity.NodeId)
                .Append(",\"Incarnation\":").AppendText(mark.Identity.Incarnation)
                .Append(",\"Session\":").AppendText(mark.Session);
        }
    }
}
