using System.Security.Cryptography;

namespace Overlay.WireGuard.Control.Uapi;

/// <summary>Cuts a stream of bytes into lines, in a room that never grows. Keys pass through it, so it does not move, and is wiped at the end.</summary>
internal sealed class UapiLines : IDisposable
{
    /// <summary>The longest line that is read. The longest that means anything is a pre-shared key, with 78 bytes.</summary>
    public const int LongestLine = 512;

    private const int RoomSize = 16 * 1024;

    private readonly byte[] _room = GC.AllocateArray<byte>(RoomSize, pinned: true);
    private int _start;
    private int _end;

    /// <summary>Whether a line is longer than any can be. Where the next one would begin is not known then.</summary>
    public bool IsTooLong { get; private set; }

    /// <summary>Where to put the next bytes; never empty as long as all whole lines were taken.</summary>
    public Memory<byte> Room
    {
        get
        {
            _room.AsSpan(_start.._end).CopyTo(_room);
            (_start, _end) = (0, _end - _start);
            return _room.AsMemory(_end);
        }
    }

    /// <summary>Says how many bytes were put there.</summary>
    public void Add(int count) => _end += count;

    /// <summary>Takes the next whole line, without its end. It is there until <see cref="Room"/> is asked for.</summary>
    public bool TryTake(out ReadOnlySpan<byte> line)
    {
        var rest = _room.AsSpan(_start.._end);
        var length = rest.IndexOf((byte)'\n');
        IsTooLong |= length > LongestLine || (length < 0 && rest.Length > LongestLine);
        if (length < 0 || IsTooLong)
        {
            line = default;
            return false;
        }

        line = rest[..length];
        _start += length + 1;
        return true;
    }

    public void Dispose() => CryptographicOperations.ZeroMemory(_room);
}
