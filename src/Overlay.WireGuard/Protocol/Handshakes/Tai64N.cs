using System.Buffers.Binary;

namespace Overlay.WireGuard.Protocol.Handshakes;

/// <summary>A TAI64N label: big-endian seconds since 1970 plus 2^62 + 10, and nanoseconds. Whitened to some 16 ms, so that it tells little of the
/// sender's clock.</summary>
internal readonly record struct Tai64N : IComparable<Tai64N>
{
    public const int Size = 12;

    private const ulong Epoch = 0x400000000000000a;
    private const uint Whitening = (1u << 24) - 1;

    private readonly ulong _seconds;
    private readonly uint _nanoseconds;

    private Tai64N(ulong seconds, uint nanoseconds)
    {
        _seconds = seconds;
        _nanoseconds = nanoseconds;
    }

    /// <summary>The label of a moment, whitened.</summary>
    public static Tai64N From(DateTimeOffset moment)
    {
        var ticks = moment.UtcTicks - DateTime.UnixEpoch.Ticks;
        var seconds = Math.DivRem(ticks, TimeSpan.TicksPerSecond, out var rest);
        return new Tai64N(Epoch + (ulong)seconds, (uint)(rest * TimeSpan.NanosecondsPerTick) & ~Whitening);
    }

    public static Tai64N Read(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt32BigEndian(bytes[sizeof(ulong)..]));

    /// <summary>The least whitened label after this one: for a sender whose clock was set back.</summary>
    public Tai64N Next()
    {
        var nanoseconds = (_nanoseconds & ~Whitening) + Whitening + 1;
        return nanoseconds < 1_000_000_000 ? new Tai64N(_seconds, nanoseconds) : new Tai64N(_seconds + 1, 0);
    }

    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, _seconds);
        BinaryPrimitives.WriteUInt32BigEndian(destination[sizeof(ulong)..], _nanoseconds);
    }

    public int CompareTo(Tai64N other) => (_seconds, _nanoseconds).CompareTo((other._seconds, other._nanoseconds));

    public static bool operator <(Tai64N left, Tai64N right) => left.CompareTo(right) < 0;

    public static bool operator <=(Tai64N left, Tai64N right) => left.CompareTo(right) <= 0;

    public static bool operator >(Tai64N left, Tai64N right) => left.CompareTo(right) > 0;

    public static bool operator >=(Tai64N left, Tai64N right) => left.CompareTo(right) >= 0;
}
