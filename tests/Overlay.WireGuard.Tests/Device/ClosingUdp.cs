using System.Runtime.InteropServices;

using Overlay.Linux.Interop;

namespace Overlay.WireGuard.Tests.Device;

/// <summary>A UDP socket that is closed when it is used.</summary>
internal sealed class ClosingUdp(Action closing) : IUdpSocket
{
    public SafeHandle Handle => throw new NotSupportedException("Nobody waits for it.");

    public SendResult Send(in OutgoingDatagrams train)
    {
        closing();
        throw new ObjectDisposedException(nameof(ClosingUdp));
    }

    public int Receive(UdpInbox inbox) => Uapi.EAGAIN;
}
