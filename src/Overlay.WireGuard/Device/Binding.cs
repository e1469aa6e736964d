using System.Net.Sockets;
using System.Runtime.InteropServices;

using Overlay.Linux.Interop;
using Overlay.WireGuard.Control;
using Overlay.WireGuard.Device.DataPath;

namespace Overlay.WireGuard.Device;

/// <summary>The sockets of a port: one of each family per queue.</summary>
internal sealed class Binding : IDisposable
{
    /// <summary>What wireguard-go has found to be enough for bursts (fact 5).</summary>
    private const int QueueSize = 7 << 20;

    private const int Tries = 100;

    private readonly List<UdpSocket> _sockets = [];

    private Binding(ushort port) => Port = port;

    public ushort Port { get; private set; }

    public SocketPair[] Pairs { get; private set; } = [];

    /// <summary>Whether the kernel joins and cuts trains.</summary>
    public bool OffloadsTrains { get; private set; }

    /// <summary>Opens the sockets in the network namespace of the calling thread. A port of 0 lets the kernel choose one that is free in both families.</summary>
    /// <exception cref="WireGuardException">The port is taken.</exception>
    public static Binding Open(ushort port, uint mark, int queues, bool wantsOffload)
    {
        for (var i = 0; ; i++)
        {
            var binding = new Binding(port);
            var errno = binding.TryOpen(mark, queues, wantsOffload);
            if (errno == 0)
            {
                return binding;
            }

            binding.Dispose();
            if (port != 0 || errno != Uapi.EADDRINUSE || i == Tries)
            {
                throw new WireGuardException($"UDP port {port} cannot be used: {Marshal.GetPInvokeErrorMessage(errno)}.", errno);
            }
        }
    }

    public void SetMark(uint mark) => _sockets.ForEach(socket => socket.SetMark(mark));

    /// <summary>Calls <paramref name="tell"/> when the kernel refuses to cut a train.</summary>
    public void WatchSegmentation(Action tell) => _sockets.ForEach(socket => socket.LostSegmentation = tell);

    public void Dispose() => _sockets.ForEach(socket => socket.Dispose());

    private int TryOpen(uint mark, int queues, bool wantsOffload)
    {
        OffloadsTrains = wantsOffload;
        var pairs = new SocketPair[queues];
        for (var i = 0; i < queues; i++)
        {
            var errno = TryOpen(AddressFamily.InterNetwork, mark, wantsOffload, i, queues, out var ipv4);
            if (errno != 0 || (errno = TryOpen(AddressFamily.InterNetworkV6, mark, wantsOffload, i, queues, out var ipv6)) != 0)
            {
                return errno;
            }

            pairs[i] = new SocketPair(ipv4, ipv6);
        }

        Pairs = pairs;
        return Pairs[0] is { IPv4: null, IPv6: null } ? Uapi.EAFNOSUPPORT : 0;
    }

    private int TryOpen(AddressFamily family, uint mark, bool wantsOffload, int queue, int queues, out UdpSocket? socket)
    {
        socket = null;
        var errno = UdpSocket.Open(family, out var opened);
        if (errno == Uapi.EAFNOSUPPORT)
        {
            return 0;
        }

        _sockets.Add(opened);
        if (errno != 0)
        {
            return errno;
        }

        // Only the first bind is without sharing: so it fails when another device, which shares with its own queues, has the port.
        if (queue > 0)
        {
            opened.SharePort();
        }

        errno = opened.Bind(Port);
        if (errno == Uapi.EADDRNOTAVAIL && family == AddressFamily.InterNetworkV6)
        {
            return 0; // IPv6 is there, and switched off (disable_ipv6).
        }

        if (errno != 0 || (errno = opened.GetPort(out var port)) != 0)
        {
            return errno;
        }

        Port = port;
        if (queues > 1)
        {
            opened.SharePort();
        }

        opened.SetQueueSizes(QueueSize);
        if (mark != 0)
        {
            opened.SetMark(mark);
        }

        // A kernel that knows the one knows the other (4.18, 5.0).
        opened.SegmentsTrains = wantsOffload && opened.JoinDatagrams() == 0;
        OffloadsTrains &= opened.SegmentsTrains;
        socket = opened;
        return 0;
    }
}
