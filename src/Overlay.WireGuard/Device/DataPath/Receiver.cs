using System.Runtime.InteropServices;
using Overlay.Linux.Interop;

namespace Overlay.WireGuard.Device.DataPath;

/// <summary>The receiving side of a queue, and who serves it. Mostly it is the queue's thread, which sends too: waking another one costs more than the few packets,
/// acknowledgements, that come against a stream. While both directions carry much, a thread of its own does, so that they do not share a processor (decision 0051).</summary>
internal sealed class Receiver : IDisposable
{
    // So often its own thread looks whether it still has much to do.
    private const int TurnsOfALook = 256;

    private static readonly TimeSpan _idle = TimeSpan.FromSeconds(1);

    private readonly DataPlane _plane;
    private readonly int _queue;
    private readonly IUdpSocket[] _sockets;
    private readonly Inbound _inbound;
    private readonly UdpInbox _inbox = new();
    private readonly EventDescriptor _stop = new();
    private readonly Lock _gate = new();
    private Thread? _thread;
    private volatile bool _isSeparate;
    private volatile bool _isClosed;
    private long _trains;

    public Receiver(DataPlane plane, int queue, SocketPair pair, Inbound inbound)
    {
        _plane = plane;
        _queue = queue;
        _inbound = inbound;
        _sockets = [.. new[] { pair.IPv4, pair.IPv6 }.OfType<IUdpSocket>()];
    }

    /// <summary>What is to be polled by who serves it, in the order of <see cref="Receive"/>'s bits.</summary>
    public IEnumerable<SafeHandle> Handles => _sockets.Select(socket => socket.Handle);

    /// <summary>Whether a thread of its own serves it, and the queue's must not.</summary>
    public bool IsSeparate => _isSeparate;

    /// <summary>What was received; a train may be many datagrams.</summary>
    public long Trains => Volatile.Read(ref _trains);

    /// <summary>Takes what has arrived, up to a full inbox a socket; the other direction has its turn. Gives the number of datagrams.</summary>
    /// <param name="ready">A bit for each socket that has something. It may be an error, of an earlier send (ICMP); that is taken back by being told, and means nothing
    /// here.</param>
    public int Receive(int ready)
    {
        var datagrams = 0;
        lock (_gate)
        {
            for (var i = 0; i < _sockets.Length && !_isClosed; i++)
            {
                if ((ready & (1 << i)) != 0 && _sockets[i].Receive(_inbox) == 0)
                {
                    Volatile.Write(ref _trains, _trains + _inbox.Count);
                    datagrams += _inbound.Process(_inbox, _plane.Now);
                }
            }
        }

        return datagrams;
    }

    /// <summary>Starts the thread of its own. Called by the queue's, which is told by a wake-up when it ends.</summary>
    public void Separate()
    {
        lock (_gate)
        {
            if (!_isClosed)
            {
                _thread?.Join(); // The former is past its last look at anything but the queue's wake-up.
                _isSeparate = true;
                _thread = new Thread(Run) { IsBackground = true, Name = $"wireguard rx {_queue}" };
                _thread.Start();
            }
        }
    }

    /// <summary>Ends it; afterwards nobody uses the sockets.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isClosed = true;
        }

        _stop.Raise();
        _thread?.Join();
        _stop.Dispose();
        _inbox.Dispose();
    }

    private void Run()
    {
        SafeHandle[] handles = [_stop.Handle, .. Handles];
        var (turns, received) = (0, 0);
        while (!_isClosed && DescriptorPoll.Wait(_idle, handles) is not 0 and var ready)
        {
            received += Receive(ready >> 1);
            if (++turns == TurnsOfALook)
            {
                if (received < TurnsOfALook * QueueThread.MuchInATurn)
                {
                    break;
                }

                (turns, received) = (0, 0);
            }
        }

        _isSeparate = false;
        _plane.Wake(_queue);
    }
}
