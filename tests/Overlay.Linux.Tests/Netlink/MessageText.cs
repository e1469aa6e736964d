using System.Globalization;
using System.Text;
using Overlay.Linux.Netlink;
using static Overlay.Linux.Interop.Uapi;

namespace Overlay.Linux.Tests.Netlink;

/// <summary>Writes a request as text in which two requests with the same meaning are equal: attributes in order of their types, without the flag bits of types and the
/// zero at the end of a kind, which the kernel takes or leaves; without sequence number, port and the wish for an acknowledgement.</summary>
internal static class MessageText
{
    public static string Of(ReadOnlySpan<byte> datagram)
    {
        var text = new StringBuilder();
        foreach (var message in new NetlinkMessageReader(datagram))
        {
            var headerSize = message.Type switch
            {
                < RTM_NEWADDR => 16,
                < RTM_NEWROUTE => 8,
                _ => 12,
            };
            text.Append(CultureInfo.InvariantCulture, $"type {message.Type} flags {message.Flags & ~NetlinkFlags.Acknowledge:d} header {Convert.ToHexString(message.Payload[..headerSize])}\n");
            text.Append(Attributes(message.Payload[headerSize..], $"{message.Type}"));
        }

        return text.ToString();
    }

    private static string Attributes(ReadOnlySpan<byte> bytes, string path)
    {
        var lines = new List<(ushort Type, string Text)>();
        foreach (var attribute in new NetlinkAttributeReader(bytes))
        {
            var here = $"{path}.{attribute.Type}";
            var indent = new string(' ', 2 * here.Count(c => c == '.'));
            var text = $"{indent}{attribute.Type}";
            lines.Add((attribute.Type, here switch
            {
                "16.18" or "16.18.2" or "24.8" => $"{text}\n{Attributes(attribute.Value, here)}",
                // struct ifinfomsg stands before a veth peer's attributes; a bridge's and a VXLAN link's first attribute is a number.
                "16.18.2.1" when attribute.Value.Length > 16 => $"{text} {Convert.ToHexString(attribute.Value[..16])}\n{Attributes(attribute.Value[16..], here)}",
                "16.18.1" => $"{text} {Encoding.ASCII.GetString(attribute.AsTextBytes())}\n",
                _ => $"{text} {Convert.ToHexString(attribute.Value)}\n",
            }));
        }

        return string.Concat(lines.OrderBy(line => line.Type).Select(line => line.Text));
    }
}
