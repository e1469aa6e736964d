using System.Runtime.InteropServices;

using Overlay.Linux.Interop;

namespace Overlay.WireGuard.Tests.Device;

/// <summary>A UDP socket that always has a train of so many datagrams more, until it is told to have none.</summary>
internal sealed class EndlessUdp : IUdpSocket, IDisposable
{
    private const int Size = 100;

    private readonly EventDescriptor _something = new();
    private readonly int _datagrams;
    private volatile bool _hasEnded;

    public EndlessUdp(int datagrams)
    {
        _datagrams = datagrams;
        _something.Raise();
    }

    /// <summary>Called by each receive.</summary>
    public Action Receiving { get; set; } = () => { };

    public SafeHandle Handle => _something.Handle;

    public SendResult Send(in OutgoingDatagrams train) => default;

    public int Receive(UdpInbox inbox)
    {
        inbox.Clear();
        Receiving();
        if (_hasEnded)
        {
            return Uapi.EAGAIN;
        }

        // Nothing that this protocol knows, which is read and dropped like anything else.
        inbox.Slot(0)[..(_datagrams * Size)].Clear();
        inbox.Add(new ReceivedDatagrams(_datagrams * Size, Size, default, 0));
        return 0;
    }

    public void End()
    {
        _hasEnded = true;
        _something.Clear();
    }

    public void Dispose() => _something.Dispose();
}
