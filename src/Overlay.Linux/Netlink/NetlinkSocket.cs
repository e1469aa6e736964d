using System.Runtime.InteropServices;
using Overlay.Linux.Interop;
using Tmds.Linux;
using static Overlay.Linux.Interop.Uapi;

namespace Overlay.Linux.Netlink;

/// <summary>A netlink socket: bytes to the kernel and back, and membership in the groups that announce changes. It belongs to the network namespace that
/// the opening thread was in, whichever thread uses it later. Not safe for several threads, except that any thread may dispose it.</summary>
/// <remarks>Requests and notifications want a socket each: an overrun queue of notifications would also lose the answers.</remarks>
public sealed class NetlinkSocket : INetlinkTransport
{
    // 4,000 VXLAN peers are 12,000 notifications at about 1 KiB each, as the kernel counts them.
    private const int QueueSize = 16 * 1024 * 1024;

    private readonly FileDescriptor _descriptor;

    private NetlinkSocket(FileDescriptor descriptor, uint portId)
    {
        _descriptor = descriptor;
        PortId = portId;
    }

    /// <summary>This socket's address, which the kernel repeats in what it announces because of this socket's requests.</summary>
    public uint PortId { get; }

    /// <summary>The descriptor, to be polled. Do not close it.</summary>
    public SafeHandle Handle => _descriptor;

    /// <summary>Opens a socket in the network namespace of the calling thread.</summary>
    /// <param name="protocol">The part of the kernel to talk to.</param>
    /// <param name="queueSize">How many bytes of messages may wait to be received, as the kernel counts them (SO_RCVBUF); without CAP_NET_ADMIN the
    /// kernel may give less. Defaults to 16 MiB.</param>
    /// <exception cref="NetlinkException">The kernel does not know the protocol, or has no descriptor left.</exception>
    public static NetlinkSocket Open(NetlinkProtocol protocol, int queueSize = QueueSize)
    {
        var errno = NetlinkCalls.Open((int)protocol, out var descriptor, out var portId);
        if (errno != 0)
        {
            descriptor.Dispose();
            throw new NetlinkException("socket", errno);
        }

        // Kernels before 4.20 lack some of these; then messages are only less exact.
        NetlinkCalls.SetOption(descriptor, SOL_NETLINK, NETLINK_EXT_ACK, 1);
        NetlinkCalls.SetOption(descriptor, SOL_NETLINK, NETLINK_CAP_ACK, 1);
        NetlinkCalls.SetOption(descriptor, SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1);
        if (NetlinkCalls.SetOption(descriptor, LibC.SOL_SOCKET, LibC.SO_RCVBUFFORCE, queueSize) != 0)
        {
            NetlinkCalls.SetOption(descriptor, LibC.SOL_SOCKET, LibC.SO_RCVBUF, queueSize);
        }

        return new NetlinkSocket(descriptor, portId);
    }

    /// <summary>Asks to be sent what the group announces, from now on.</summary>
    /// <exception cref="NetlinkException">There is no such group, or it needs privileges.</exception>
    public void Join(uint group) => SetMembership("join group", NETLINK_ADD_MEMBERSHIP, group);

    /// <summary>Asks to be sent what the group of NETLINK_ROUTE announces, from now on.</summary>
    public void Join(RouteGroup group) => Join((uint)group);

    /// <summary>Ends a membership. What is in the queue stays there.</summary>
    public void Leave(uint group) => SetMembership("leave group", NETLINK_DROP_MEMBERSHIP, group);

    /// <inheritdoc/>
    public void Send(ReadOnlySpan<byte> bytes)
    {
        var errno = NetlinkCalls.Send(_descriptor, bytes);
        if (errno != 0)
        {
            throw new NetlinkException("send", errno);
        }
    }

    /// <summary>Takes one datagram if there is one.</summary>
    /// <exception cref="NetlinkException">The socket is broken.</exception>
    public NetlinkReceipt Receive(NetlinkBuffer buffer) => Receive(buffer, TimeSpan.Zero);

    /// <summary>Takes one datagram, waiting for it at most as long as given.</summary>
    /// <exception cref="NetlinkException">The socket is broken.</exception>
    public NetlinkReceipt Receive(NetlinkBuffer buffer, TimeSpan wait)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        while (true)
        {
            var errno = NetlinkCalls.Receive(_descriptor, buffer.Room, out var length, out var sender);
            switch (errno)
            {
                // Other processes can send to this socket too. Only the kernel has port 0.
                case 0 when sender != 0:
                    continue;
                case 0 when length > buffer.Room.Length:
                    buffer.Grow(length);
                    return NetlinkReceipt.Truncated;
                case 0:
                    buffer.SetLength(length);
                    return NetlinkReceipt.Datagram;
                case EAGAIN when wait == TimeSpan.Zero:
                    return NetlinkReceipt.Nothing;
                case EAGAIN:
                    DescriptorPoll.Wait(_descriptor, wait);
                    wait = TimeSpan.Zero;
                    continue;
                case ENOBUFS:
                    return NetlinkReceipt.Overrun;
                default:
                    throw new NetlinkException("receive", errno);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _descriptor.Dispose();

    private void SetMembership(string operation, int option, uint group)
    {
        var errno = NetlinkCalls.SetOption(_descriptor, SOL_NETLINK, option, (int)group);
        if (errno != 0)
        {
            throw new NetlinkException(operation, errno);
        }
    }
}
