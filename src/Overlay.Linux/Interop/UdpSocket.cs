using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using static Overlay.Linux.Interop.UdpUapi;
using LibC = Tmds.Linux.LibC;

namespace Overlay.Linux.Interop;

/// <summary>A UDP socket for tunnels: it tells where each datagram arrived, sends from a chosen address, and moves trains in one call where the kernel can.
/// The methods that set something give the errno, or 0.</summary>
internal sealed unsafe partial class UdpSocket : IUdpSocket, IDisposable
{
    // Who sends waits while the queue to the network is full.
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(1);

    private readonly FileDescriptor _descriptor;
    private readonly bool _isIPv6;

    private UdpSocket(FileDescriptor descriptor, bool isIPv6)
    {
        _descriptor = descriptor;
        _isIPv6 = isIPv6;
    }

    /// <inheritdoc/>
    public SafeHandle Handle => _descriptor;

    /// <summary>Opens a socket in the network namespace of the calling thread.</summary>
    public static int Open(AddressFamily family, out UdpSocket socket)
    {
        var isIPv6 = family == AddressFamily.InterNetworkV6;
        var descriptor = new FileDescriptor(LibC.socket(isIPv6 ? LibC.AF_INET6 : LibC.AF_INET, LibC.SOCK_DGRAM | LibC.SOCK_CLOEXEC, 0));
        socket = new UdpSocket(descriptor, isIPv6);
        if (descriptor.IsInvalid)
        {
            return Marshal.GetLastPInvokeError();
        }

        // DF is never set (fact 19): a tunnel whose MTU is too large for the path then works, slowly.
        if (isIPv6)
        {
            socket.Set(SOL_IPV6, IPV6_V6ONLY, 1);
            socket.Set(SOL_IPV6, IPV6_RECVPKTINFO, 1);
            socket.Set(SOL_IPV6, IPV6_RECVTCLASS, 1);
            socket.Set(SOL_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DONT);
        }
        else
        {
            socket.Set(SOL_IP, IP_PKTINFO, 1);
            socket.Set(SOL_IP, IP_RECVTOS, 1);
            socket.Set(SOL_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
        }

        return 0;
    }

    /// <summary>Binds to all addresses of the family. A port of 0 lets the kernel choose one.</summary>
    public int Bind(ushort port)
    {
        using var use = new DescriptorUse(_descriptor);
        var address = new sockaddr_inet { family = (ushort)(_isIPv6 ? LibC.AF_INET6 : LibC.AF_INET), port = Swap(port) };
        return LibC.bind(use.Number, (Tmds.Linux.sockaddr*)&address, AddressSize) == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    /// <summary>The port that the socket is bound to.</summary>
    public int GetPort(out ushort port)
    {
        using var use = new DescriptorUse(_descriptor);
        sockaddr_inet address;
        Tmds.Linux.socklen_t length = sizeof(sockaddr_inet);
        var result = LibC.getsockname(use.Number, (Tmds.Linux.sockaddr*)&address, &length);
        port = Swap(address.port);
        return result == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    /// <summary>Lets several sockets share the port; the kernel gives each remote address one of them.</summary>
    public int SharePort() => Set(SOL_SOCKET, SO_REUSEPORT, 1);

    /// <summary>Marks what is sent, for rules and routes.</summary>
    public int SetMark(uint mark) => Set(SOL_SOCKET, SO_MARK, (int)mark);

    /// <summary>Sets the length of both queues, beyond the system's limit if the process may.</summary>
    public void SetQueueSizes(int bytes)
    {
        if (Set(SOL_SOCKET, SO_RCVBUFFORCE, bytes) != 0 || Set(SOL_SOCKET, SO_SNDBUFFORCE, bytes) != 0)
        {
            Set(SOL_SOCKET, SO_RCVBUF, bytes);
            Set(SOL_SOCKET, SO_SNDBUF, bytes);
        }
    }

    /// <summary>Lets the kernel join datagrams on their way in (Linux 5.0).</summary>
    public int JoinDatagrams() => Set(SOL_UDP, UDP_GRO, 1);

    /// <summary>Frees the port, when those who are sending or waiting at this moment have finished; whoever waits is to be woken before.</summary>
    public void Dispose() => _descriptor.Close(_patience);

    private int AddressSize => _isIPv6 ? 28 : 16;

    private static ushort Swap(ushort value) => BinaryPrimitives.ReverseEndianness(value);

    private int Set(int level, int option, int value) => NetlinkCalls.SetOption(_descriptor, level, option, value);
}
