using System.Runtime.CompilerServices;
using Overlay.Linux.Interop;

namespace Overlay.Linux.Netlink.Route;

/// <summary>Deletes a link without waiting for the kernel's memory.</summary>
/// <remarks>When a link is deleted, all of it that can be seen is gone within a millisecond or two, and is announced. The sender then waits ten more for the readers
/// of the memory to be done (<c>rcu_barrier</c> in <c>netdev_run_todo</c> of net/core/dev.c). Here a child process waits.</remarks>
public static class LinkRemoval
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(10);

    /// <summary>Deletes the link of that name in the network namespace of the calling thread, and returns when it is gone; the other end of a veth pair goes too.
    /// <see langword="false"/> if there is none. For a program with one thread and no lock on a file: the child has copies of both. Only native code (NativeAOT) has
    /// a child: one that first had to compile its code would need the threads that it has not; elsewhere this waits.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public static bool DeleteLinkQuickly(this RouteNetlink route, string name)
    {
        ArgumentNullException.ThrowIfNull(route);
        if (route.FindLink(name) is not { } link)
        {
            return false;
        }

        if (!RuntimeFeature.IsDynamicCodeCompiled && IsSentByChild(link.Index))
        {
            return true;
        }

        try
        {
            route.Execute(changes => changes.DeleteLink(link.Index));
        }
        catch (NetlinkException exception) when (exception.Errno == Uapi.ENODEV)
        {
            // It was quicker.
        }

        return true;
    }

    // False when no child could be made, or somebody ended it.
    private static bool IsSentByChild(int index)
    {
        using var batch = new NetlinkBatch();
        batch.DeleteLink(index);
        using var socket = NetlinkSocket.Open(NetlinkProtocol.Route);
        socket.Join(RouteGroup.Link);
        var errno = ForkedSend.Start(socket.Handle, batch.Seal(0, 1, sequence: 1, acknowledge: true), out var childEnd);
        using (childEnd)
        {
            return errno == 0 && IsAnnounced(socket, childEnd, index);
        }
    }

    private static bool IsAnnounced(NetlinkSocket socket, FileDescriptor childEnd, int index)
    {
        using var buffer = new NetlinkBuffer();
        while (true)
        {
            var (hasMessage, hasEnded) = DescriptorPoll.Wait(socket.Handle, childEnd, _patience);
            while (socket.Receive(buffer) == NetlinkReceipt.Datagram)
            {
                foreach (var message in buffer.Messages)
                {
                    if (LinkMessage.TryRead(message, out var link) && link.IsRemoval && link.Index == index)
                    {
                        return true;
                    }

                    if (message.PortId == socket.PortId && NetlinkVerdict.TryRead(message, out var verdict) && verdict.Errno is not (0 or Uapi.ENODEV))
                    {
                        throw new NetlinkException("delete link", verdict.Errno, verdict.KernelMessage);
                    }
                }
            }

            if (hasEnded || !hasMessage)
            {
                return false;
            }
        }
    }
}
