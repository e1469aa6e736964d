using System.Buffers;
using System.Security.Cryptography;

namespace Overlay.Linux.Netlink;

/// <summary>Where received datagrams are put. It grows when one did not fit. Its owner gives it to one socket at a time.</summary>
public sealed class NetlinkBuffer : IDisposable
{
    // The kernel fills a dump's datagrams up to 32 KiB when the reader has room for that much; 64 KiB is below the large object heap.
    private const int FirstSize = 64 * 1024;

    private byte[] _bytes;
    private int _length;

    /// <summary>Takes a buffer of so many bytes from the shared pool.</summary>
    public NetlinkBuffer(int size = FirstSize) => _bytes = ArrayPool<byte>.Shared.Rent(size);

    /// <summary>The datagram that was received last.</summary>
    public ReadOnlySpan<byte> Datagram => _bytes.AsSpan(0, _length);

    /// <summary>The messages of that datagram.</summary>
    public NetlinkMessageReader Messages => new(Datagram);

    /// <summary>All the room there is.</summary>
    internal Span<byte> Room => _bytes;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = [];
            _length = 0;
        }
    }

    /// <summary>Overwrites the whole room: a short datagram leaves the end of a longer one behind it.</summary>
    internal void Wipe()
    {
        CryptographicOperations.ZeroMemory(_bytes);
        _length = 0;
    }

    /// <summary>Says how much of the room is used.</summary>
    internal void SetLength(int length) => _length = length;

    /// <summary>Makes room for a datagram of so many bytes; what was in the buffer is lost.</summary>
    internal void Grow(int size)
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = ArrayPool<byte>.Shared.Rent(size);
        _length = 0;
    }
}
