using Overlay.Linux.Interop;
using Overlay.Linux.Netlink;
using Overlay.Linux.Netlink.Route;

namespace Overlay.WireGuard.Control.Kernel;

/// <summary>Notices when a link is gone, on a thread of its own that sleeps in between. Moving it to another network namespace is the same, seen from here.</summary>
internal sealed class LinkWatch : IDisposable
{
    private readonly int _index;
    private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly NetlinkSocket _socket;
    private readonly RouteNetlink _route;
    private readonly EventDescriptor _stop = new();
    private readonly Thread _thread;
    private int _isDisposed;

    /// <summary>Begins to watch in the network namespace of the calling thread.</summary>
    public LinkWatch(int index, string name)
    {
        _index = index;
        _socket = NetlinkSocket.Open(NetlinkProtocol.Route);
        _route = new RouteNetlink();
        _socket.Join(RouteGroup.Link);
        _thread = new Thread(Run) { IsBackground = true, Name = name };
        _thread.Start();
    }

    public Task Gone => _gone.Task;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        _stop.Raise();
        _thread.Join();
        _socket.Dispose();
        _route.Dispose();
        _stop.Dispose();
    }

    private void Run()
    {
        using var buffer = new NetlinkBuffer();
        try
        {
            // It may have gone before the group was joined.
            var isGone = _route.FindLink(_index) is null;
            while (!isGone && !DescriptorPoll.Wait(_socket.Handle, _stop.Handle, Timeout.InfiniteTimeSpan).Second)
            {
                isGone = Drain(buffer);
            }

            if (isGone)
            {
                _gone.TrySetResult();
            }
        }
        catch (NetlinkException)
        {
            // Nothing is heard any more; whoever uses the device next is told by the kernel.
        }
    }

    private bool Drain(NetlinkBuffer buffer)
    {
        var isGone = false;
        while (_socket.Receive(buffer) is var receipt and not NetlinkReceipt.Nothing)
        {
            if (receipt != NetlinkReceipt.Datagram)
            {
                isGone |= _route.FindLink(_index) is null;
                continue;
            }

            foreach (var message in buffer.Messages)
            {
                isGone |= LinkMessage.TryRead(message, out var link) && link.IsRemoval && link.Index == _index;
            }
        }

        return isGone;
    }
}
