using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static Overlay.Linux.Interop.Uapi;

namespace Overlay.Linux.Netlink;

/// <summary>The kernel's verdict on a request, or on a dump as a whole: an error number and perhaps an extended acknowledgement.</summary>
internal readonly ref struct NetlinkVerdict
{
    private NetlinkVerdict(int errno, NetlinkAttributeReader details)
    {
        Errno = errno;
        foreach (var attribute in details)
        {
            switch (attribute.Type)
            {
                case NLMSGERR_ATTR_MSG:
                    KernelMessage = attribute.AsText();
                    break;
                case NLMSGERR_ATTR_OFFS when attribute.AsInt32() is > 0 and var offset:
                    Offset = offset;
                    break;
            }
        }
    }

    /// <summary>The error number; 0 for success.</summary>
    public int Errno { get; }

    /// <summary>The kernel's own words, if any. Success may have some too, as a warning.</summary>
    public string? KernelMessage { get; }

    /// <summary>Where in the request the offending attribute begins, if said.</summary>
    public int? Offset { get; }

    /// <summary>Reads an NLMSG_ERROR or NLMSG_DONE message.</summary>
    public static bool TryRead(NetlinkMessage message, out NetlinkVerdict verdict)
    {
        verdict = default;
        if (!(message.IsVerdict || message.IsDone) || !MemoryMarshal.TryRead<int>(message.Payload, out var error))
        {
            return false;
        }

        var details = (message.Flags & NetlinkFlags.HasExtendedAcknowledgement) != 0 ? Details(message) : default;
        // Errors are negative. int.MinValue has no positive twin, and is no errno either.
        verdict = new NetlinkVerdict(error is < 0 and > int.MinValue ? -error : 0, new NetlinkAttributeReader(details));
        return true;
    }

    private static ReadOnlySpan<byte> Details(NetlinkMessage message)
    {
        var start = sizeof(int);
        if (message.IsVerdict)
        {
            if (!MemoryMarshal.TryRead<nlmsgerr>(message.Payload, out var head))
            {
                return default;
            }

            start = Unsafe.SizeOf<nlmsgerr>();
            if ((message.Flags & NetlinkFlags.Capped) == 0 && head.msg.nlmsg_len >= NetlinkMessage.HeaderSize)
            {
                // The request's own payload comes first.
                var repeated = Math.Min(head.msg.nlmsg_len, (uint)message.Payload.Length) - NetlinkMessage.HeaderSize;
                start += NetlinkAlignment.Up((int)repeated);
            }
        }

        return start < message.Payload.Length ? message.Payload[start..] : default;
    }
}
