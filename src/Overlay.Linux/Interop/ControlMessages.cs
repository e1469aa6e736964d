using System.Runtime.CompilerServices;
using static Overlay.Linux.Interop.UdpUapi;

namespace Overlay.Linux.Interop;

/// <summary>Writes the control messages of a msghdr (CMSG_* of socket.h).</summary>
internal unsafe ref struct ControlWriter(byte* start)
{
    private int _length;

    public readonly int Length => _length;

    public void Add<T>(int level, int type, in T value)
        where T : unmanaged
    {
        var next = start + _length;
        *(cmsghdr*)next = new cmsghdr { cmsg_len = (nuint)(sizeof(cmsghdr) + sizeof(T)), cmsg_level = level, cmsg_type = type };
        Unsafe.WriteUnaligned(next + sizeof(cmsghdr), value);
        _length += sizeof(cmsghdr) + ((sizeof(T) + sizeof(nuint) - 1) & ~(sizeof(nuint) - 1));
    }
}

/// <summary>Walks over the control messages of a msghdr.</summary>
internal unsafe ref struct ControlReader(void* control, nuint length)
{
    private byte* _next = (byte*)control;
    private readonly byte* _end = (byte*)control + length;
    private cmsghdr* _current;

    public readonly int Level => _current->cmsg_level;

    public readonly int Type => _current->cmsg_type;

    public bool MoveNext()
    {
        if (_end - _next < sizeof(cmsghdr) || ((cmsghdr*)_next)->cmsg_len < (nuint)sizeof(cmsghdr) || ((cmsghdr*)_next)->cmsg_len > (nuint)(_end - _next))
        {
            return false;
        }

        _current = (cmsghdr*)_next;
        _next += ((int)_current->cmsg_len + sizeof(nuint) - 1) & ~(sizeof(nuint) - 1);
        return true;
    }

    /// <summary>The value, if the message is long enough for one.</summary>
    public readonly T Read<T>()
        where T : unmanaged =>
        _current->cmsg_len >= (nuint)(sizeof(cmsghdr) + sizeof(T)) ? Unsafe.ReadUnaligned<T>((byte*)_current + sizeof(cmsghdr)) : default;
}
