using System.Runtime.InteropServices;

namespace Overlay.Linux.Interop;

/// <summary>One queue of a TUN device, for one thread that reads and one that writes. Neither waits.</summary>
internal interface ITunQueue
{
    /// <summary>What is to be polled.</summary>
    SafeHandle Handle { get; }

    /// <summary>Takes one packet, with its <c>virtio_net_hdr</c> of ten bytes before it. Gives the errno, or 0; EAGAIN when there is none, EBADFD when the device
    /// was deleted.</summary>
    int Read(Span<byte> frame, out int length);

    /// <summary>Hands one packet over, with its <c>virtio_net_hdr</c> before it. Gives the errno, or 0; EIO while the device is down.</summary>
    int Write(ReadOnlySpan<byte> frame);
}
