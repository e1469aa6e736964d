using System.Runtime.InteropServices;

using Overlay.Linux.Interop;

namespace Overlay.WireGuard.Tests.Device;

/// <summary>A TUN queue that is two lists.</summary>
internal sealed class TunTwin : ITunQueue
{
    private int _next;

    public List<byte[]> ToRead { get; } = [];

    public List<byte[]> Written { get; } = [];

    /// <summary>Whether what is written is kept; a test of allocation does not want it.</summary>
    public bool Keeps { get; set; } = true;

    /// <summary>What a write is refused with.</summary>
    public int WriteError { get; set; }

    public SafeHandle Handle => throw new NotSupportedException("Nobody waits for a list.");

    public int Read(Span<byte> frame, out int length)
    {
        length = 0;
        if (_next == ToRead.Count)
        {
            return Uapi.EAGAIN;
        }

        length = ToRead[_next].Length;
        ToRead[_next++].CopyTo(frame);
        return 0;
    }

    /// <summary>Reads the same again.</summary>
    public void Rewind() => _next = 0;

    public int Write(ReadOnlySpan<byte> frame)
    {
        if (Keeps && WriteError == 0)
        {
            Written.Add(frame.ToArray());
        }

        return WriteError;
    }
}
