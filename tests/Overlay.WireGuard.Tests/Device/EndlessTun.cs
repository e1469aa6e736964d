using System.Runtime.InteropServices;

using Overlay.Linux.Interop;

namespace Overlay.WireGuard.Tests.Device;

/// <summary>A TUN queue that always has one packet more.</summary>
internal sealed class EndlessTun(byte[] frame) : ITunQueue, IDisposable
{
    private readonly EventDescriptor _nothing = new();

    public SafeHandle Handle => _nothing.Handle;

    public int Read(Span<byte> destination, out int length)
    {
        frame.CopyTo(destination);
        length = frame.Length;
        return 0;
    }

    public int Write(ReadOnlySpan<byte> packet) => 0;

    public void Dispose() => _nothing.Dispose();
}
