using System.Globalization;
using Overlay.Cni.Ipam;
using Overlay.Cni.Protocol;
using Overlay.Core.Addressing;

namespace Overlay.Cni.Attachments;

/// <summary>The names and Ethernet addresses of what an attachment has. They follow from the attachment alone, so that a later run finds what an earlier one left.</summary>
internal static class AttachmentNames
{
    // base32hex (RFC 4648, section 7), in lower case.
    private const string Digits = "0123456789abcdefghijklmnopqrstuv";
    private const int HashDigits = 11;

    /// <summary>The veth link on the host.</summary>
    public static string HostLink(AttachmentKey key) => "veth" + Hash(key);

    /// <summary>The link that limits what the workload sends.</summary>
    public static string LimiterLink(AttachmentKey key) => "lmt" + Hash(key);

    /// <summary>The Ethernet address of the veth link on the host.</summary>
    public static MacAddress HostMac(AttachmentKey key) => FromHash(0x0e, Fnv1a.Hash($"{key.ContainerId} {key.InterfaceName} host"));

    /// <summary>The Ethernet address that belongs to an IP address: a neighbour that knows the address of an earlier workload is right about the next one.
    /// <c>0a:58</c> is what CNI plugins have long used for it.</summary>
    public static MacAddress MacOf(InetAddress address)
    {
        if (address.IsIPv6)
        {
            return FromHash(0x0a, Fnv1a.Hash(address.ToString()));
        }

        Span<byte> bytes = stackalloc byte[MacAddress.Size];
        (bytes[0], bytes[1]) = (0x0a, 0x58);
        address.Write(bytes[2..]);
        return MacAddress.Read(bytes);
    }

    // 55 bits: two of a thousand attachments have the same name once in 70 billion nodes.
    private static string Hash(AttachmentKey key) => string.Create(HashDigits, Fnv1a.Hash($"{key.ContainerId} {key.InterfaceName}"), (text, hash) =>
    {
        for (var i = 0; i < text.Length; i++, hash >>= 5)
        {
            text[i] = Digits[(int)(hash & 31)];
        }
    });

    private static MacAddress FromHash(byte first, ulong hash) => MacAddress.TryParse(string.Create(CultureInfo.InvariantCulture,
        $"{first:x2}:{(byte)(hash >> 32):x2}:{(byte)(hash >> 24):x2}:{(byte)(hash >> 16):x2}:{(byte)(hash >> 8):x2}:{(byte)hash:x2}"), out var mac) ? mac : default;
}
