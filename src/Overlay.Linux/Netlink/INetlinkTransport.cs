namespace Overlay.Linux.Netlink;

/// <summary>Moves bytes to the kernel and back. Below this line is <see cref="NetlinkSocket"/>, or a script in tests; everything that knows messages is above.</summary>
internal interface INetlinkTransport : IDisposable
{
    /// <summary>This end's address.</summary>
    uint PortId { get; }

    /// <summary>Sends all the bytes as one datagram.</summary>
    /// <exception cref="NetlinkException">The kernel did not take them.</exception>
    void Send(ReadOnlySpan<byte> bytes);

    /// <summary>Takes one datagram, waiting for it at most as long as given.</summary>
    /// <exception cref="NetlinkException">The socket is broken.</exception>
    NetlinkReceipt Receive(NetlinkBuffer buffer, TimeSpan wait);
}
