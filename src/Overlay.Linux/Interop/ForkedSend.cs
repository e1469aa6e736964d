using System.Runtime.InteropServices;
using Tmds.Linux;
using static Overlay.Linux.Interop.Uapi;
using static Tmds.Linux.LibC;

namespace Overlay.Linux.Interop;

/// <summary>Sends a netlink request from a child process, for requests that keep their sender waiting longer than anybody has to.</summary>
internal static unsafe partial class ForkedSend
{
    /// <summary>Forks; the child sends the bytes to the kernel and ends. Gives the errno of the fork, or 0.</summary>
    /// <param name="socket">The socket; answers come to both processes' descriptor, which is one.</param>
    /// <param name="bytes">The request.</param>
    /// <param name="childEnd">Becomes readable when the child has ended, however it did.</param>
    public static int Start(SafeHandle socket, ReadOnlySpan<byte> bytes, out FileDescriptor childEnd)
    {
        using var use = new DescriptorUse(socket);
        var ends = stackalloc int[2];
        if (pipe2(ends, O_CLOEXEC) != 0)
        {
            childEnd = new FileDescriptor(-1);
            return Marshal.GetLastPInvokeError();
        }

        childEnd = new FileDescriptor(ends[0]);
        using var writeEnd = new FileDescriptor(ends[1]);
        var address = new sockaddr_nl { nl_family = (ushort)AF_NETLINK };
        fixed (byte* first = bytes)
        {
            var part = new iovec { iov_base = first, iov_len = bytes.Length };
            var message = new msghdr { msg_name = &address, msg_namelen = sizeof(sockaddr_nl), msg_iov = &part, msg_iovlen = 1 };
            var child = Libc.fork();
            if (child == 0)
            {
                Child.Run(use.Number, &message);
            }

            return child < 0 ? Marshal.GetLastPInvokeError() : 0;
        }
    }

    /// <summary>What runs in the child: system calls and nothing else. It has one thread and a copy of a managed heap that no collector may touch, so that nothing here
    /// allocates, and no call tells the runtime that it is one.</summary>
    private static partial class Child
    {
        public static void Run(int socket, msghdr* message)
        {
            // Whoever reads what the parent writes waits until nobody can write any more.
            _ = close(0);
            _ = close(1);
            _ = close(2);
            _ = sendmsg(socket, message, 0);
            _exit(0);
        }

        [LibraryImport("libc")]
        [SuppressGCTransition]
        private static partial int close(int fd);

        [LibraryImport("libc")]
        [SuppressGCTransition]
        private static partial nint sendmsg(int fd, msghdr* message, int flags);

        [LibraryImport("libc")]
        [SuppressGCTransition]
        private static partial void _exit(int status);
    }
}
