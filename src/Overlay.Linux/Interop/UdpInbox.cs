using System.Runtime.InteropServices;
using static Overlay.Linux.Interop.UdpUapi;

namespace Overlay.Linux.Interop;

/// <summary>Room for trains that one thread receives, as many at once (recvmmsg) as make some 128 KiB: many single datagrams, or few whole trains, so that their buffers
/// stay in the processor's cache. Memory that was never written to costs nothing.</summary>
internal sealed unsafe class UdpInbox : IDisposable
{
    /// <summary>The longest train that the kernel makes.</summary>
    public const int SlotSize = 64 * 1024;

    public const int ControlSize = 128;

    private const int Slots = 64;
    private const int FewestSlots = 2;
    private const int Enough = 2 * SlotSize;

    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(Slots * SlotSize, pinned: true);
    private readonly ReceivedDatagrams[] _trains = new ReceivedDatagrams[Slots];
    private readonly void* _native;

    public UdpInbox()
    {
        var size = sizeof(mmsghdr) + sizeof(iovec) + sizeof(sockaddr_inet) + ControlSize;
        _native = NativeMemory.AllocZeroed((nuint)(Slots * size));
        Messages = (mmsghdr*)_native;
        var parts = (iovec*)(Messages + Slots);
        var controls = (byte*)(parts + Slots);
        var names = (sockaddr_inet*)(controls + (Slots * ControlSize));
        for (var i = 0; i < Slots; i++)
        {
            parts[i].iov_base = Marshal.UnsafeAddrOfPinnedArrayElement(_bytes, i * SlotSize).ToPointer();
            parts[i].iov_len = SlotSize;
            Messages[i].msg_hdr = new msghdr { msg_iov = parts + i, msg_iovlen = 1, msg_control = controls + (i * ControlSize), msg_name = names + i };
        }
    }

    /// <summary>How many trains there are.</summary>
    public int Count { get; private set; }

    /// <summary>How many are asked for next.</summary>
    public int Wanted { get; private set; } = FewestSlots;

    internal mmsghdr* Messages { get; private set; }

    /// <summary>What is known about a train.</summary>
    public ref readonly ReceivedDatagrams this[int index] => ref _trains[index];

    /// <summary>The datagrams of a train, one after the other.</summary>
    public Span<byte> Bytes(int index) => _bytes.AsSpan(index * SlotSize, _trains[index].Length);

    /// <summary>Room for the bytes of a train.</summary>
    public Span<byte> Slot(int index) => _bytes.AsSpan(index * SlotSize, SlotSize);

    public void Clear() => Count = 0;

    public void Add(in ReceivedDatagrams train) => _trains[Count++] = train;

    /// <summary>Whether there may be more: as much came as was asked for.</summary>
    public bool IsFull { get; private set; }

    /// <summary>Adapts to what has come.</summary>
    public void Adapt()
    {
        var bytes = 0;
        for (var i = 0; i < Count; i++)
        {
            bytes += _trains[i].Length;
        }

        IsFull = Count == Wanted;
        if (bytes > Enough)
        {
            Wanted = Math.Max(Wanted / 2, FewestSlots);
        }
        else if (IsFull && bytes <= Enough / 2)
        {
            Wanted = Math.Min(2 * Wanted, Slots);
        }
    }

    public void Dispose()
    {
        NativeMemory.Free(_native);
        Messages = null;
    }
}

/// <summary>Datagrams of one length from one address to one of ours; the last may be shorter.</summary>
internal readonly record struct ReceivedDatagrams(int Length, int SegmentSize, DatagramPath Path, byte TrafficClass);
