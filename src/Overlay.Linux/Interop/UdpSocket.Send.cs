using System.Runtime.InteropServices;
using static Overlay.Linux.Interop.UdpUapi;
using LibC = Tmds.Linux.LibC;

namespace Overlay.Linux.Interop;

internal sealed unsafe partial class UdpSocket
{
    /// <summary>UDP_MAX_SEGMENTS of linux/udp.h, before it was raised.</summary>
    public const int MaximumSegments = 64;

    private volatile bool _segments;

    /// <summary>Whether a train is cut by the kernel (UDP_SEGMENT, Linux 4.18) or sent as single datagrams in one call. The kernel may take it back:
    /// EIO where a device beneath cannot compute checksums (before Linux 6.11).</summary>
    public bool SegmentsTrains
    {
        get => _segments;
        set => _segments = value;
    }

    /// <summary>Called when the kernel has taken it back.</summary>
    public Action? LostSegmentation { get; set; }

    /// <inheritdoc/>
    public SendResult Send(in OutgoingDatagrams train)
    {
        if (train.Count == 1)
        {
            return Whole(train, SendWhole(train, isTrain: false));
        }

        if (_segments)
        {
            var errno = SendWhole(train, isTrain: true);
            if (errno == Uapi.EIO)
            {
                _segments = false;
                LostSegmentation?.Invoke();
            }

            // A segment that the path's MTU does not hold is refused (EINVAL, later EMSGSIZE), where a datagram would be fragmented.
            if (errno is not (Uapi.EIO or Uapi.EINVAL or Uapi.EMSGSIZE))
            {
                return Whole(train, errno);
            }
        }

        return SendSingly(train);
    }

    private static SendResult Whole(in OutgoingDatagrams train, int errno) => errno == 0 ? default : new SendResult(train.Count, errno);

    private int SendWhole(in OutgoingDatagrams train, bool isTrain)
    {
        using var use = new DescriptorUse(_descriptor);
        sockaddr_inet name;
        var control = stackalloc byte[UdpInbox.ControlSize];
        fixed (byte* first = train.Bytes)
        {
            var part = new iovec { iov_base = first, iov_len = (nuint)train.Bytes.Length };
            var message = new msghdr { msg_iov = &part, msg_iovlen = 1 };
            Address(ref message, &name, control, train, isTrain ? train.SegmentSize : 0);
            return Libc.sendmsg(use.Number, &message, 0) >= 0 ? 0 : Marshal.GetLastPInvokeError();
        }
    }

    private SendResult SendSingly(in OutgoingDatagrams train)
    {
        using var use = new DescriptorUse(_descriptor);
        sockaddr_inet name;
        var control = stackalloc byte[UdpInbox.ControlSize];
        var parts = stackalloc iovec[MaximumSegments];
        var messages = stackalloc mmsghdr[MaximumSegments];
        fixed (byte* first = train.Bytes)
        {
            msghdr template = default;
            Address(ref template, &name, control, train, 0);
            var count = Math.Min(train.Count, MaximumSegments);
            for (var i = 0; i < count; i++)
            {
                var offset = i * train.SegmentSize;
                parts[i] = new iovec { iov_base = first + offset, iov_len = (nuint)Math.Min(train.SegmentSize, train.Bytes.Length - offset) };
                messages[i] = new mmsghdr { msg_hdr = template };
                messages[i].msg_hdr.msg_iov = parts + i;
                messages[i].msg_hdr.msg_iovlen = 1;
            }

            var (refused, errno) = (0, 0);
            for (var next = 0; next < count;)
            {
                var sent = Libc.sendmmsg(use.Number, messages + next, (uint)(count - next), 0);
                if (sent <= 0)
                {
                    // The first of those that were left. The others may differ: a firewall looks at each, and at its mark and length.
                    errno = refused++ == 0 ? Marshal.GetLastPInvokeError() : errno;
                    sent = 1;
                }

                next += sent;
            }

            return new SendResult(refused, errno);
        }
    }

    private void Address(ref msghdr message, sockaddr_inet* name, byte* control, in OutgoingDatagrams train, int segmentSize)
    {
        var path = train.Path;
        *name = new sockaddr_inet { family = (ushort)(_isIPv6 ? LibC.AF_INET6 : LibC.AF_INET), port = Swap(path.RemotePort) };
        path.Remote.Write(_isIPv6 ? new Span<byte>(name->sin6_addr, 16) : new Span<byte>(&name->sin_addr, 4));
        name->sin6_scope_id = path.ScopeId;
        message.msg_name = name;
        message.msg_namelen = (uint)AddressSize;

        var writer = new ControlWriter(control);
        if (segmentSize > 0)
        {
            writer.Add(SOL_UDP, UDP_SEGMENT, (ushort)segmentSize);
        }

        if (!path.Local.IsNone)
        {
            AddSource(ref writer, path);
        }

        if (train.TrafficClass != 0)
        {
            writer.Add(_isIPv6 ? SOL_IPV6 : SOL_IP, _isIPv6 ? IPV6_TCLASS : IP_TOS, (int)train.TrafficClass);
        }

        if (train.HopLimit != 0)
        {
            writer.Add(_isIPv6 ? SOL_IPV6 : SOL_IP, _isIPv6 ? IPV6_HOPLIMIT : IP_TTL, (int)train.HopLimit);
        }

        message.msg_control = writer.Length == 0 ? null : control;
        message.msg_controllen = (nuint)writer.Length;
    }

    /// <summary>The address alone: the route decides about the interface. A link-local address means nothing without one.</summary>
    private void AddSource(ref ControlWriter writer, in DatagramPath path)
    {
        if (_isIPv6)
        {
            in6_pktinfo info = default;
            path.Local.Write(new Span<byte>(info.ipi6_addr, 16));
            info.ipi6_ifindex = (path.Local.Value >> 118) == 0x3FA ? path.Interface : 0;
            writer.Add(SOL_IPV6, IPV6_PKTINFO, info);
        }
        else
        {
            in_pktinfo info = default;
            path.Local.Write(new Span<byte>(&info.ipi_spec_dst, 4));
            writer.Add(SOL_IP, IP_PKTINFO, info);
        }
    }
}
