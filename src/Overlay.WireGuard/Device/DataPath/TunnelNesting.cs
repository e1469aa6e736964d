using System.Buffers.Binary;

namespace Overlay.WireGuard.Device.DataPath;

/// <summary>Ends routing loops. A datagram of a tunnel that is routed into a tunnel again has lost <see cref="Step"/> of its hop limit each time, so that it comes
/// round four times at most, whatever devices it goes through, where otherwise each round would make it longer and each fragmentation more.
/// See docs/decisions/0053-routing-loops.md.</summary>
internal static class TunnelNesting
{
    /// <summary>What a tunnel within a tunnel costs of the hop limit: from 64 on, three are possible within one another.</summary>
    public const int Step = 16;

    private const byte Udp = 17;
    private const byte Fragment = 44;
    private const uint TransportKind = 4;

    /// <summary>The hop limit for the datagram around this packet; zero, the system's default, for what is no tunnel's datagram. Fails for one that must not
    /// go round again.</summary>
    public static bool TryGetHopLimit(ReadOnlySpan<byte> packet, out byte hopLimit)
    {
        hopLimit = 0;
        if (!IsTunnel(packet, out var own))
        {
            return true;
        }

        hopLimit = (byte)Math.Max(0, own - Step);
        return own > Step;
    }

    private static bool IsTunnel(ReadOnlySpan<byte> packet, out int hopLimit)
    {
        int start;
        if (packet[0] >> 4 == 6)
        {
            hopLimit = packet[7];
            start = 40;
            if (packet[6] == Fragment && packet.Length >= 48 && packet[40] == Udp)
            {
                start = 48;
                if (BinaryPrimitives.ReadUInt16BigEndian(packet[42..]) >> 3 != 0)
                {
                    return true;
                }
            }
            else if (packet[6] != Udp)
            {
                return false;
            }
        }
        else
        {
            hopLimit = packet[8];
            start = (packet[0] & 15) * 4;
            if (packet[9] != Udp)
            {
                return false;
            }

            if ((BinaryPrimitives.ReadUInt16BigEndian(packet[6..]) & 0x1FFF) != 0)
            {
                // The end of a fragmented datagram does not tell what it is of; this one may be ours.
                return true;
            }
        }

        return packet.Length >= start + 12 && BinaryPrimitives.ReadUInt32LittleEndian(packet[(start + 8)..]) == TransportKind;
    }
}
