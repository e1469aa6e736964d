using Overlay.Linux.Interop;
using Overlay.WireGuard.Protocol.Peers;

namespace Overlay.WireGuard.Device.DataPath;

/// <summary>Reads one queue of the TUN device until it is told to end, or the device is gone. While the interface is down as far as we know, what is sent waits in the
/// device: a packet that was sent as soon as the interface was up is not lost, although we learn of it a moment later.</summary>
internal sealed class OutboundThread : IDisposable
{
    // The clock is read once per so many frames, and whenever there is nothing to do.
    private const int FramesPerLook = 32;

    private readonly DataPlane _plane;
    private readonly ITunQueue _tun;
    private readonly Outbound _outbound;
    private readonly Action _gone;
    private readonly EventDescriptor _wake = new();
    private readonly Thread _thread;
    private volatile bool _isStopping;
    private volatile bool _discards;
    private long _frames;

    /// <summary>Starts. <paramref name="gone"/> is called once, on the thread, when the device was deleted.</summary>
    public OutboundThread(DataPlane plane, ITunQueue tun, Outbound outbound, string name, Action gone)
    {
        (_plane, _tun, _outbound, _gone) = (plane, tun, outbound, gone);
        _thread = new Thread(Run) { IsBackground = true, Name = name };
        _thread.Start();
    }

    /// <summary>What was read; a frame may be many packets.</summary>
    public long Frames => Volatile.Read(ref _frames);

    /// <summary>The interface has gone up.</summary>
    public void Wake() => _wake.Raise();

    /// <summary>The interface has gone down: what still waits is dropped.</summary>
    public void Discard()
    {
        _discards = true;
        _wake.Raise();
    }

    public void Dispose()
    {
        _isStopping = true;
        _wake.Raise();
        _thread.Join();
        _wake.Dispose();
    }

    private void Run()
    {
        var now = _plane.Now;
        while (!_isStopping)
        {
            if (!_plane.IsUp)
            {
                WaitUntilUp();
                continue;
            }

            switch (_tun.Read(_outbound.Frame, out var length))
            {
                case 0:
                    Volatile.Write(ref _frames, _frames + 1);
                    now = _frames % FramesPerLook == 0 ? _plane.Now : now;
                    _outbound.Process(length, now);
                    continue;
                case Uapi.EBADFD:
                    _gone();
                    return;
                default:
                    _outbound.Flush(now);
                    Wait();
                    now = _plane.Now;
                    continue;
            }
        }
    }

    private void Wait()
    {
        if ((DescriptorPoll.Wait(Timeout.InfiniteTimeSpan, _tun.Handle, _wake.Handle) & 2) != 0)
        {
            _wake.Clear();
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

        DescriptorPoll.Wait(_wake.Handle, Timeout.InfiniteTimeSpan);
        _wake.Clear();
    }
}
