using System.Runtime.InteropServices;
using System.Text;
using Tmds.Linux;
using static Overlay.Linux.Interop.Uapi;

namespace Overlay.Linux.Interop;

/// <summary>A descriptor of <c>/dev/net/tun</c>. The methods that set something give the errno, or 0.</summary>
internal sealed unsafe class TunQueue : ITunQueue, IDisposable
{
    /// <summary>sizeof(struct virtio_net_hdr), which precedes each packet.</summary>
    public const int HeaderSize = 10;

    private readonly SafeHandle _descriptor;
    private readonly bool _hasHeader;

    private TunQueue(SafeHandle descriptor, bool hasHeader)
    {
        _descriptor = descriptor;
        _hasHeader = hasHeader;
    }

    /// <inheritdoc/>
    public SafeHandle Handle => _descriptor;

    /// <summary>Whether packets carry the header beneath us; without it no offload is possible.</summary>
    public bool HasHeader => _hasHeader;

    /// <summary>Opens a queue of the device of that name, in the network namespace of the calling thread; the device is made if it is not there, and lives as long
    /// as a queue of it is open.</summary>
    public static int Open(string name, bool isMultiQueue, out TunQueue queue)
    {
        queue = null!;
        var number = Libc.open("/dev/net/tun", LibC.O_RDWR | LibC.O_CLOEXEC | LibC.O_NONBLOCK, 0);
        if (number < 0)
        {
            return Marshal.GetLastPInvokeError();
        }

        var descriptor = new FileDescriptor(number);
        ifreq_flags request = default;
        Encoding.UTF8.GetBytes(name, new Span<byte>(request.ifr_name, IFNAMSIZ - 1));
        request.ifr_flags = (ushort)(IFF_TUN | IFF_NO_PI | IFF_VNET_HDR | (isMultiQueue ? IFF_MULTI_QUEUE : 0));
        if (Libc.ioctl(number, TUNSETIFF, &request) < 0)
        {
            var errno = Marshal.GetLastPInvokeError();
            descriptor.Dispose();
            return errno;
        }

        queue = new TunQueue(descriptor, hasHeader: true);
        return 0;
    }

    /// <summary>Takes over a queue that another process or program has opened. It becomes non-blocking.</summary>
    public static int Adopt(SafeHandle descriptor, out TunQueue queue, out bool isMultiQueue)
    {
        queue = null!;
        isMultiQueue = false;
        ifreq_flags request;
        using var use = new DescriptorUse(descriptor);
        if (Libc.ioctl(use.Number, TUNGETIFF, &request) < 0)
        {
            return Marshal.GetLastPInvokeError();
        }

        if ((request.ifr_flags & (IFF_TUN | IFF_NO_PI)) != (IFF_TUN | IFF_NO_PI))
        {
            return EINVAL;
        }

        var flags = Libc.fcntl(use.Number, LibC.F_GETFL, 0);
        if (flags < 0 || Libc.fcntl(use.Number, LibC.F_SETFL, flags | LibC.O_NONBLOCK) < 0)
        {
            return Marshal.GetLastPInvokeError();
        }

        isMultiQueue = (request.ifr_flags & IFF_MULTI_QUEUE) != 0;
        queue = new TunQueue(descriptor, (request.ifr_flags & IFF_VNET_HDR) != 0);
        return 0;
    }

    /// <summary>Says which packets may come unfinished: without checksum, or longer than the MTU.</summary>
    public int SetOffload(uint features)
    {
        using var use = new DescriptorUse(_descriptor);
        return Libc.ioctl(use.Number, TUNSETOFFLOAD, (void*)features) == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    /// <summary>The device's name now, in whichever namespace it is; EBADFD when it was deleted.</summary>
    public int GetName(out string name)
    {
        using var use = new DescriptorUse(_descriptor);
        ifreq_flags request;
        name = "";
        if (Libc.ioctl(use.Number, TUNGETIFF, &request) < 0)
        {
            return Marshal.GetLastPInvokeError();
        }

        name = Marshal.PtrToStringUTF8((nint)request.ifr_name)!;
        return 0;
    }

    /// <summary>Opens the network namespace that the device is in now (Linux 5.5); EBADFD when it was deleted.</summary>
    public int OpenNamespace(out FileDescriptor descriptor)
    {
        using var use = new DescriptorUse(_descriptor);
        descriptor = new FileDescriptor(Libc.ioctl(use.Number, TUNGETDEVNETNS, null));
        return descriptor.IsInvalid ? Marshal.GetLastPInvokeError() : 0;
    }

    /// <inheritdoc/>
    public int Read(Span<byte> frame, out int length)
    {
        using var use = new DescriptorUse(_descriptor);
        var skipped = _hasHeader ? 0 : HeaderSize;
        frame[..skipped].Clear();
        fixed (byte* first = frame[skipped..])
        {
            var result = Libc.read(use.Number, first, (nuint)(frame.Length - skipped));
            length = (int)result + skipped;
            return result >= 0 ? 0 : Marshal.GetLastPInvokeError();
        }
    }

    /// <inheritdoc/>
    public int Write(ReadOnlySpan<byte> frame)
    {
        using var use = new DescriptorUse(_descriptor);
        fixed (byte* first = frame[(_hasHeader ? 0 : HeaderSize)..])
        {
            return Libc.write(use.Number, first, (nuint)(frame.Length - (_hasHeader ? 0 : HeaderSize))) >= 0 ? 0 : Marshal.GetLastPInvokeError();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _descriptor.Dispose();
}
