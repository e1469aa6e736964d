using Overlay.Linux.Interop;

namespace Overlay.Linux.Files;

/// <summary>The descriptor 1, without the terminal handling of <see cref="Console"/>, which starts a thread.</summary>
public static class StandardOutput
{
    /// <summary>Writes all the bytes.</summary>
    /// <exception cref="IOException">The other end is closed, or the disk is full.</exception>
    public static void Write(ReadOnlySpan<byte> bytes) => FileCalls.Write(1, bytes);
}
