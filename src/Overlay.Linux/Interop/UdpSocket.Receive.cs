using System.Runtime.InteropServices;
using Overlay.Core.Addressing;
using static Overlay.Linux.Interop.UdpUapi;

namespace Overlay.Linux.Interop;

internal sealed unsafe partial class UdpSocket
{
    /// <inheritdoc/>
    public int Receive(UdpInbox inbox)
    {
        inbox.Clear();
        using var use = new DescriptorUse(_descriptor);
        var messages = inbox.Messages;
        for (var i = 0; i < inbox.Wanted; i++)
        {
            messages[i].msg_hdr.msg_namelen = (uint)sizeof(sockaddr_inet);
            messages[i].msg_hdr.msg_controllen = UdpInbox.ControlSize;
        }

        var count = Libc.recvmmsg(use.Number, messages, (uint)inbox.Wanted, MSG_DONTWAIT, null);
        if (count < 0)
        {
            return Marshal.GetLastPInvokeError();
        }

        for (var i = 0; i < count; i++)
        {
            inbox.Add(Describe(messages[i]));
        }

        inbox.Adapt();
        return 0;
    }

    private ReceivedDatagrams Describe(in mmsghdr message)
    {
        var (local, link, trafficClass, segmentSize) = (default(InetAddress), 0, (byte)0, 0);
        var control = new ControlReader(message.msg_hdr.msg_control, message.msg_hdr.msg_controllen);
        while (control.MoveNext())
        {
            switch (control.Level, control.Type)
            {
                case (SOL_UDP, UDP_GRO):
                    segmentSize = control.Read<int>();
                    break;
                case (SOL_IP, IP_TOS):
                    trafficClass = control.Read<byte>();
                    break;
                case (SOL_IPV6, IPV6_TCLASS):
                    trafficClass = (byte)control.Read<int>();
                    break;
                case (SOL_IP, IP_PKTINFO):
                    var info = control.Read<in_pktinfo>();
                    // The address that an answer comes from; for a broadcast that is not the one the datagram was sent to.
                    local = InetAddress.Read(new ReadOnlySpan<byte>(&info.ipi_spec_dst, 4));
                    link = info.ipi_ifindex;
                    break;
                case (SOL_IPV6, IPV6_PKTINFO):
                    var info6 = control.Read<in6_pktinfo>();
                    local = InetAddress.Read(new ReadOnlySpan<byte>(info6.ipi6_addr, 16));
                    link = info6.ipi6_ifindex;
                    break;
            }
        }

        var name = (sockaddr_inet*)message.msg_hdr.msg_name;
        var remote = InetAddress.Read(_isIPv6 ? new ReadOnlySpan<byte>(name->sin6_addr, 16) : new ReadOnlySpan<byte>(&name->sin_addr, 4));
        var path = new DatagramPath(remote, Swap(name->port), _isIPv6 ? name->sin6_scope_id : 0, local, link);
        // What was cut off is longer than any datagram of ours, and of no use.
        var length = (message.msg_hdr.msg_flags & MSG_TRUNC) != 0 ? 0 : (int)message.msg_len;
        return new ReceivedDatagrams(length, segmentSize > 0 ? segmentSize : Math.Max(length, 1), path, trafficClass);
    }
}
