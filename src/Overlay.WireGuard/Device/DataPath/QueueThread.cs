using System.Runtime.InteropServices;
using Overlay.Linux.Interop;
using Overlay.WireGuard.Protocol.Peers;

namespace Overlay.WireGuard.Device.DataPath;

/// <summary>Carries the packets of one queue until it is told to end, or the device is gone: what the TUN device sends, and what comes back unless the
/// <see cref="Receiver"/> has a thread of its own. While the interface is down as far as we know, what is sent waits in the device: a packet that was sent as soon as the
/// interface was up is not lost, although we learn of it a moment later.</summary>
internal sealed class QueueThread : IDisposable
{
    /// <summary>A direction with so many packets a turn, in the mean, carries much.</summary>
    public const int MuchInATurn = 16;

    // As many as a train has: then the other direction has its turn, and the clock is read.
    private const int PacketsInATurn = 45;

    // So often it is looked whether both directions carry much.
    private const int TurnsOfALook = 64;

    private const int WakeBit = 1;
    private const int TunBit = 2;
    private const int FirstSocket = 2;

    private readonly DataPlane _plane;
    private readonly int _queue;
    private readonly ITunQueue _tun;
    private readonly Outbound _outbound;
    private readonly Action _gone;
    private readonly Thread _thread;
    private readonly SafeHandle[] _own;
    private SafeHandle[] _all;
    private Receiver? _receiver;
    private int _turns;
    private int _sent;
    private int _received;
    private volatile bool _isStopping;
    private volatile bool _discards;
    private long _frames;

    /// <summary>Starts. <paramref name="gone"/> is called once, on the thread, when the device was deleted.</summary>
    public QueueThread(DataPlane plane, int queue, ITunQueue tun, Outbound outbound, Action gone)
    {
        (_plane, _queue, _tun, _outbound, _gone) = (plane, queue, tun, outbound, gone);
        _own = _all = [plane.WakeOf(queue).Handle, tun.Handle];
        _thread = new Thread(Run) { IsBackground = true, Name = $"wireguard {queue}" };
        _thread.Start();
    }

    /// <summary>What was read from the TUN device; a frame may be many packets.</summary>
    public long Frames => Volatile.Read(ref _frames);

    /// <summary>The interface has gone down: what still waits is dropped.</summary>
    public void Discard()
    {
        _discards = true;
        _plane.Wake(_queue);
    }

    public void Dispose()
    {
        _isStopping = true;
        _plane.Wake(_queue);
        _thread.Join();
    }

    private void Run()
    {
        for (var isEmpty = false; !_isStopping;)
        {
            if (!_plane.IsUp)
            {
                WaitUntilUp();
                continue;
            }

            var ready = Wait(isEmpty ? Timeout.InfiniteTimeSpan : TimeSpan.Zero);
            var received = ready >> FirstSocket is not 0 and var sockets ? _receiver!.Receive(sockets) : 0;
            var sent = 0;
            if (received > 0 || !isEmpty || (ready & TunBit) != 0)
            {
                // What was received is often answered at once, within the write to the TUN device.
                var errno = Send(out sent);
                if (errno == Uapi.EBADFD)
                {
                    _gone();
                    return;
                }

                isEmpty = errno != 0;
            }

            Balance(sent, received);
        }
    }

    /// <summary>Gives a bit for each of what is polled that has something.</summary>
    private int Wait(TimeSpan patience)
    {
        if (_plane.ReceiverOf(_queue) is var receiver && receiver != _receiver)
        {
            _receiver = receiver;
            _all = [.. _own, .. receiver?.Handles ?? []];
        }

        try
        {
            var ready = DescriptorPoll.Wait(patience, receiver is { IsSeparate: false } ? _all : _own);
            if ((ready & WakeBit) != 0)
            {
                _plane.WakeOf(_queue).Clear();
            }

            return ready;
        }
        catch (ObjectDisposedException)
        {
            return 0; // The interface has gone down, or to another port, at this moment.
        }
    }

    /// <summary>Sends what the TUN device has, up to a turn's part. Gives the errno of the last read: 0 when there may be more.</summary>
    private int Send(out int packets)
    {
        var now = _plane.Now;
        var errno = 0;
        for (packets = 0; packets < PacketsInATurn && (errno = _tun.Read(_outbound.Frame, out var length)) == 0;)
        {
            Volatile.Write(ref _frames, _frames + 1);
            packets += _outbound.Process(length, now);
        }

        if (errno != 0)
        {
            _outbound.Flush(now);
        }

        return errno;
    }

    private void Balance(int sent, int received)
    {
        (_turns, _sent, _received) = (_turns + 1, _sent + sent, _received + received);
        if (_turns == TurnsOfALook)
        {
            if (Math.Min(_sent, _received) >= TurnsOfALook * MuchInATurn)
            {
                _receiver?.Separate(); // None, when the interface has just gone down.
            }

            (_turns, _sent, _received) = (0, 0, 0);
        }
    }

    private void WaitUntilUp()
    {
        if (_discards)
        {
            _discards = false;
            while (_tun.Read(_outbound.Frame, out _) == 0)
            {
                _plane.Engine.Drops.Count(DropCause.NotRunning);
            }
        }

        DescriptorPoll.Wait(_own[0], Timeout.InfiniteTimeSpan);
        _plane.WakeOf(_queue).Clear();
    }
}
