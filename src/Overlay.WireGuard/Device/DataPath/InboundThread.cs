using Overlay.Linux.Interop;

namespace Overlay.WireGuard.Device.DataPath;

/// <summary>Receives from one pair of sockets until it is told to end.</summary>
internal sealed class InboundThread : IDisposable
{
    private const int BatchesPerTurn = 16;

    private readonly DataPlane _plane;
    private readonly IUdpSocket[] _sockets;
    private readonly Inbound _inbound;
    private readonly EventDescriptor _stop = new();
    private readonly Thread _thread;
    private volatile bool _isStopping;
    private long _trains;

    public InboundThread(DataPlane plane, SocketPair pair, Inbound inbound, string name)
    {
        _plane = plane;
        _inbound = inbound;
        _sockets = [.. new[] { pair.IPv4, pair.IPv6 }.OfType<IUdpSocket>()];
        _thread = new Thread(Run) { IsBackground = true, Name = name };
        _thread.Start();
    }

    /// <summary>What was received; a train may be many datagrams.</summary>
    public long Trains => Volatile.Read(ref _trains);

    public void Dispose()
    {
        _isStopping = true;
        _stop.Raise();
        _thread.Join();
        _stop.Dispose();
    }

    private void Run()
    {
        // What is polled: the end, then the sockets.
        System.Runtime.InteropServices.SafeHandle[] handles = [_stop.Handle, .. _sockets.Select(socket => socket.Handle)];
        using var inbox = new UdpInbox();
        while (!_isStopping)
        {
            var ready = DescriptorPoll.Wait(Timeout.InfiniteTimeSpan, handles);
            for (var i = 0; i < _sockets.Length; i++)
            {
                // Errors are those of earlier sends (ICMP); they were taken back by being told, and mean nothing here.
                if ((ready & (2 << i)) != 0)
                {
                    Receive(_sockets[i], inbox);
                }
            }
        }
    }

    private void Receive(IUdpSocket socket, UdpInbox inbox)
    {
        // As long as there is more; but the other socket, and the end, have their turn.
        for (var i = 0; i < BatchesPerTurn && socket.Receive(inbox) == 0; i++)
        {
            Volatile.Write(ref _trains, _trains + inbox.Count);
            _inbound.Process(inbox, _plane.Now);
            if (!inbox.IsFull)
            {
                return;
            }
        }
    }
}
