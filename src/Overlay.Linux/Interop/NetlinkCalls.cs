using System.Runtime.InteropServices;
using Tmds.Linux;
using static Overlay.Linux.Interop.Uapi;
using static Tmds.Linux.LibC;

namespace Overlay.Linux.Interop;

/// <summary>The system calls of a netlink socket, over spans. Each returns the errno, or 0.</summary>
internal static unsafe class NetlinkCalls
{
    /// <summary>Opens a socket in the network namespace of the calling thread and binds it to a port id that the kernel chooses.</summary>
    public static int Open(int protocol, out FileDescriptor descriptor, out uint portId)
    {
        portId = 0;
        descriptor = new FileDescriptor(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol));
        if (descriptor.IsInvalid)
        {
            return Marshal.GetLastPInvokeError();
        }

        var fd = (int)descriptor.DangerousGetHandle();
        var address = new sockaddr_nl { nl_family = (ushort)AF_NETLINK };
        if (bind(fd, (sockaddr*)&address, sizeof(sockaddr_nl)) != 0)
        {
            return Marshal.GetLastPInvokeError();
        }

        socklen_t length = sizeof(sockaddr_nl);
        if (getsockname(fd, (sockaddr*)&address, &length) != 0)
        {
            return Marshal.GetLastPInvokeError();
        }

        portId = address.nl_pid;
        return 0;
    }

    /// <summary>Sets an option whose value is an <see cref="int"/>.</summary>
    public static int SetOption(SafeHandle descriptor, int level, int option, int value)
    {
        using var use = new DescriptorUse(descriptor);
        return setsockopt(use.Number, level, option, &value, sizeof(int)) == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    /// <summary>Sends the bytes to the kernel as one datagram, however many messages they are.</summary>
    public static int Send(SafeHandle descriptor, ReadOnlySpan<byte> bytes)
    {
        using var use = new DescriptorUse(descriptor);
        var address = new sockaddr_nl { nl_family = (ushort)AF_NETLINK };
        fixed (byte* first = bytes)
        {
            var part = new iovec { iov_base = first, iov_len = bytes.Length };
            var message = new msghdr { msg_name = &address, msg_namelen = sizeof(sockaddr_nl), msg_iov = &part, msg_iovlen = 1 };
            while (sendmsg(use.Number, &message, 0) < 0)
            {
                var errno = Marshal.GetLastPInvokeError();
                if (errno != Uapi.EINTR)
                {
                    return errno;
                }
            }

            return 0;
        }
    }

    /// <summary>Takes one datagram without waiting. <paramref name="length"/> is its whole length, which may be over that of
    /// <paramref name="bytes"/>: then the rest is lost. <paramref name="sender"/> is 0 for the kernel.</summary>
    public static int Receive(SafeHandle descriptor, Span<byte> bytes, out int length, out uint sender)
    {
        using var use = new DescriptorUse(descriptor);
        sockaddr_nl address = default;
        length = 0;
        sender = 0;
        fixed (byte* first = bytes)
        {
            var part = new iovec { iov_base = first, iov_len = bytes.Length };
            var message = new msghdr { msg_name = &address, msg_namelen = sizeof(sockaddr_nl), msg_iov = &part, msg_iovlen = 1 };
            while (true)
            {
                // MSG_TRUNC makes the return value the whole length.
                var result = recvmsg(use.Number, &message, MSG_DONTWAIT | MSG_TRUNC);
                if (result >= 0)
                {
                    length = (int)result;
                    sender = address.nl_pid;
                    return 0;
                }

                var errno = Marshal.GetLastPInvokeError();
                if (errno != Uapi.EINTR)
                {
                    return errno;
                }
            }
        }
    }
}
