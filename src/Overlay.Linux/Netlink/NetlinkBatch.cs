using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using static Overlay.Linux.Interop.Uapi;

namespace Overlay.Linux.Netlink;

/// <summary>Requests that are sent together: any number of messages, one after the other, in one buffer that grows and is used again after
/// <see cref="Clear"/>. Not safe for several threads.</summary>
/// <param name="carriesSecrets">Whether what it held is overwritten once it is no longer needed.</param>
public sealed class NetlinkBatch(bool carriesSecrets = false) : IDisposable
{
    private const int FirstSize = 4096;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(FirstSize);
    private int _length;
    private Entry[] _entries = new Entry[16];

    /// <summary>How many messages the batch has.</summary>
    public int Count { get; private set; }

    /// <summary>How many bytes the messages have, headers and padding included.</summary>
    public int Length => _length;

    /// <summary>Begins a message; dispose what is returned to end it, before the next one begins.</summary>
    /// <param name="type">What the message is; its meaning depends on the protocol.</param>
    /// <param name="flags">The header's flags; <see cref="NetlinkFlags.Request"/> is added.</param>
    /// <param name="operation">What the message asks for, such as <c>new link</c>: an error will carry these words.</param>
    /// <param name="header">The family's own header, which stands before the attributes.</param>
    public NetlinkMessageWriter Begin<THeader>(ushort type, NetlinkFlags flags, string operation, scoped in THeader header)
        where THeader : unmanaged
    {
        var start = _length;
        if (Count == _entries.Length)
        {
            Array.Resize(ref _entries, _entries.Length * 2);
        }

        MemoryMarshal.Write(Append(NetlinkMessage.HeaderSize), new nlmsghdr { nlmsg_type = type, nlmsg_flags = (ushort)(flags | NetlinkFlags.Request) });
        MemoryMarshal.Write(Append(Unsafe.SizeOf<THeader>()), header);
        _entries[Count] = new Entry(start, operation);
        Count++;
        return new NetlinkMessageWriter(this, start);
    }

    /// <summary>Forgets all messages and keeps the buffer.</summary>
    public void Clear()
    {
        if (carriesSecrets)
        {
            CryptographicOperations.ZeroMemory(_buffer.AsSpan(0, _length));
        }

        _length = 0;
        Count = 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_buffer.Length > 0)
        {
            Clear();
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = [];
        }
    }

    /// <summary>Adds room for so many bytes, zeroed, up to the next multiple of four, and gives the part without the padding.</summary>
    internal Span<byte> Append(int size)
    {
        var end = _length + NetlinkAlignment.Up(size);
        if (end > _buffer.Length)
        {
            Grow(end);
        }

        var room = _buffer.AsSpan(_length, end - _length);
        room.Clear();
        _length = end;
        return room[..size];
    }

    /// <summary>Writes the length of the message that began at <paramref name="start"/>.</summary>
    internal void EndMessage(int start) => Header(start).nlmsg_len = (uint)(_length - start);

    /// <summary>Writes the length of the attribute that began at <paramref name="start"/>.</summary>
    /// <exception cref="InvalidOperationException">It is over the 65,535 bytes that an attribute can have.</exception>
    internal void EndNested(int start)
    {
        var size = _length - start;
        if (size > ushort.MaxValue)
        {
            throw new InvalidOperationException($"A netlink attribute has at most {ushort.MaxValue} bytes; this one has {size}.");
        }

        MemoryMarshal.Write(_buffer.AsSpan(start), (ushort)size);
    }

    /// <summary>What the message at <paramref name="index"/> asks for.</summary>
    internal string OperationOf(int index) => _entries[index].Operation;

    /// <summary>Whether the message at <paramref name="index"/> asks for a dump.</summary>
    internal bool IsDump(int index) => ((NetlinkFlags)Header(_entries[index].Start).nlmsg_flags & NetlinkFlags.Dump) == NetlinkFlags.Dump;

    /// <summary>Numbers the messages from <paramref name="first"/> on, asks for an acknowledgement of the last one, and gives their bytes.</summary>
    internal ReadOnlySpan<byte> Seal(int first, int count, uint sequence, bool acknowledge)
    {
        for (var i = 0; i < count; i++)
        {
            Header(_entries[first + i].Start).nlmsg_seq = sequence + (uint)i;
        }

        if (acknowledge)
        {
            Header(_entries[first + count - 1].Start).nlmsg_flags |= (ushort)NetlinkFlags.Acknowledge;
        }

        var start = _entries[first].Start;
        return _buffer.AsSpan(start, EndOf(first + count - 1) - start);
    }

    /// <summary>How many messages from <paramref name="first"/> on fit into both limits; at least one.</summary>
    internal int CountWithin(int first, int maxBytes, int maxMessages)
    {
        var start = _entries[first].Start;
        var last = first;
        while (last + 1 < Count && last + 1 - first < maxMessages && EndOf(last + 1) - start <= maxBytes)
        {
            last++;
        }

        return last - first + 1;
    }

    private int EndOf(int index) => index + 1 < Count ? _entries[index + 1].Start : _length;

    private ref nlmsghdr Header(int start) => ref MemoryMarshal.AsRef<nlmsghdr>(_buffer.AsSpan(start));

    private void Grow(int size)
    {
        ObjectDisposedException.ThrowIf(_buffer.Length == 0, this);
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(size, _buffer.Length * 2));
        _buffer.AsSpan(0, _length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer, clearArray: carriesSecrets);
        _buffer = larger;
    }

    private readonly record struct Entry(int Start, string Operation);
}
