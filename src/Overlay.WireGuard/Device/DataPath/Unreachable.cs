using System.Buffers.Binary;
using Overlay.Linux.Interop;
using Overlay.WireGuard.Device.Offload;

namespace Overlay.WireGuard.Device.DataPath;

/// <summary>Tells the sender of a packet that nobody takes it, as the kernel's device does: ICMP host unreachable (RFC 792), ICMPv6 address unreachable (RFC 4443).
/// The message seems to come from the address that is not reached: the kernel drops what comes in from its own addresses. At most 50 at once, and a
/// thousand in a second, as with icmp_msgs_per_sec.</summary>
internal sealed class Unreachable(ITunQueue tun)
{
    private const int IPv4Size = 20;
    private const int IPv6Size = 40;
    private const int IcmpSize = 8;

    // RFC 1812, section 4.3.2.3: as much of the packet as fits into 576 bytes. RFC 4443: into 1,280.
    private const int LongestIPv4 = 576;
    private const int LongestIPv6 = 1280;
    private const int Burst = 50;

    private static readonly TimeSpan _interval = TimeSpan.FromMilliseconds(1);

    private readonly byte[] _frame = new byte[VirtioHeader.Size + LongestIPv6];
    private TimeSpan _spent = TimeSpan.MinValue;

    /// <summary>Answers, if the packet may be answered. It has at least an IP header.</summary>
    public void Answer(ReadOnlySpan<byte> packet, TimeSpan now)
    {
        var isIPv6 = packet[0] >> 4 == 6;
        if (!(isIPv6 ? MayAnswerIPv6(packet) : MayAnswerIPv4(packet)) || !TryTake(now))
        {
            return;
        }

        var message = _frame.AsSpan(VirtioHeader.Size);
        message = message[..(isIPv6 ? WriteIPv6(packet, message) : WriteIPv4(packet, message))];
        _frame.AsSpan(0, VirtioHeader.Size).Clear();
        _ = tun.Write(_frame.AsSpan(0, VirtioHeader.Size + message.Length));
    }

    private static bool MayAnswerIPv4(ReadOnlySpan<byte> packet)
    {
        var header = (packet[0] & 15) * 4;
        var isFirst = (BinaryPrimitives.ReadUInt16BigEndian(packet[6..]) & 0x1FFF) == 0;
        // No errors about errors (types other than echo and the like), about fragments, or to many.
        var isError = packet[9] == 1 && (packet.Length <= header || packet[header] is not (0 or 8 or 13 or 14 or 15 or 16 or 17 or 18));
        return isFirst && !isError && packet[16] < 224 && packet[12] is not (0 or 127) && packet[12] < 224;
    }

    private static bool MayAnswerIPv6(ReadOnlySpan<byte> packet)
    {
        var isError = packet[6] == 58 && (packet.Length <= IPv6Size || packet[IPv6Size] < 128);
        return !isError && packet[24] != 0xFF && packet[8] != 0xFF && packet[8..24].ContainsAnyExcept((byte)0);
    }

    private static int WriteIPv4(ReadOnlySpan<byte> packet, Span<byte> message)
    {
        var quoted = packet[..Math.Min(packet.Length, LongestIPv4 - IPv4Size - IcmpSize)];
        message = message[..(IPv4Size + IcmpSize + quoted.Length)];
        message[..(IPv4Size + IcmpSize)].Clear();
        // Precedence "internetwork control", time to live 64, ICMP.
        (message[0], message[1], message[8], message[9]) = (0x45, 0xC0, 64, 1);
        BinaryPrimitives.WriteUInt16BigEndian(message[2..], (ushort)message.Length);
        packet[16..20].CopyTo(message[12..]);
        packet[12..16].CopyTo(message[16..]);
        InternetChecksum.Store(message[10..], InternetChecksum.Finish(InternetChecksum.Add(0, message[..IPv4Size])));

        var icmp = message[IPv4Size..];
        (icmp[0], icmp[1]) = (3, 1);
        quoted.CopyTo(icmp[IcmpSize..]);
        InternetChecksum.Store(icmp[2..], InternetChecksum.Finish(InternetChecksum.Add(0, icmp)));
        return message.Length;
    }

    private static int WriteIPv6(ReadOnlySpan<byte> packet, Span<byte> message)
    {
        var quoted = packet[..Math.Min(packet.Length, LongestIPv6 - IPv6Size - IcmpSize)];
        message = message[..(IPv6Size + IcmpSize + quoted.Length)];
        message[..(IPv6Size + IcmpSize)].Clear();
        (message[0], message[6], message[7]) = (0x60, 58, 64);
        BinaryPrimitives.WriteUInt16BigEndian(message[4..], (ushort)(message.Length - IPv6Size));
        packet[24..40].CopyTo(message[8..]);
        packet[8..24].CopyTo(message[24..]);

        var icmp = message[IPv6Size..];
        (icmp[0], icmp[1]) = (1, 3);
        quoted.CopyTo(icmp[IcmpSize..]);
        InternetChecksum.Store(icmp[2..], InternetChecksum.Finish(InternetChecksum.Add(InternetChecksum.PseudoHeader(message, 58, icmp.Length), icmp)));
        return message.Length;
    }

    /// <summary>A bucket of as many intervals as a burst is long, kept as the moment up to which it is spent.</summary>
    private bool TryTake(TimeSpan now)
    {
        var earliest = now - (Burst * _interval);
        var spent = _spent > earliest ? _spent : earliest;
        var isAllowed = spent + _interval <= now;
        _spent = isAllowed ? spent + _interval : spent;
        return isAllowed;
    }
}
