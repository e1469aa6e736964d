using Overlay.Linux.Interop;

namespace Overlay.WireGuard.Device.DataPath;

/// <summary>Reads one queue of the TUN device until it is told to end, or the device is gone.</summary>
internal sealed class OutboundThread : IDisposable
{
    private readonly DataPlane _plane;
    private readonly ITunQueue _tun;
    private readonly Outbound _outbound;
    private readonly Action _gone;
    private readonly EventDescriptor _stop = new();
    private readonly Thread _thread;
    private volatile bool _isStopping;
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

    public void Dispose()
    {
        _isStopping = true;
        _stop.Raise();
        _thread.Join();
        _stop.Dispose();
    }

    private void Run()
    {
        var now = _plane.Now;
        while (!_isStopping)
        {
            switch (_tun.Read(_outbound.Frame, out var length))
            {
                case 0:
                    Volatile.Write(ref _frames, _frames + 1);
                    _outbound.Process(length, now);
                    continue;
                case Uapi.EBADFD or Uapi.EIO:
                    _outbound.Flush(now);
                    _gone();
                    return;
                default:
                    _outbound.Flush(now);
                    DescriptorPoll.Wait(Timeout.InfiniteTimeSpan, _tun.Handle, _stop.Handle);
                    now = _plane.Now;
                    continue;
            }
        }
    }
}
