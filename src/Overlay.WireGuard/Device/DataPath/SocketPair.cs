using Overlay.Linux.Interop;

namespace Overlay.WireGuard.Device.DataPath;

/// <summary>The sockets of one queue, both on the device's port. A family that the kernel lacks has none.</summary>
internal sealed record SocketPair(IUdpSocket? IPv4, IUdpSocket? IPv6)
{
    public IUdpSocket? For(in DatagramPath path) => path.Remote.IsIPv6 ? IPv6 : IPv4;
}
