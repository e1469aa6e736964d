using System.Net;
using System.Net.Sockets;
using Overlay.WireGuard.Cli.Tests.World;

namespace Overlay.WireGuard.Cli.Tests.Behaviour;

/// <summary>Public keys with which every agreement gives zero. Needs root.</summary>
[Trait("Needs", "root")]
public sealed class LowOrderTests
{
    /// <summary>The points of low order and their other spellings modulo 2^255 - 19 (https://cr.yp.to/ecdh.html, "validation").</summary>
    public static TheoryData<string> Points =>
    [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ];

    [Theory]
    [MemberData(nameof(Points))]
    public async Task Peer_KeyOfLowOrder_GetsNoMessage(string point)
    {
        await using var tunnel = await Tunnel.OpenAsync();
        using var socket = tunnel.Right.Namespace.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        socket.Bind(new IPEndPoint(IPAddress.Parse("10.0.0.2"), 0));
        var peer = Convert.ToBase64String(Convert.FromHexString(point));

        await tunnel.A.SetAsync($"peer {peer} allowed-ips 10.77.0.66/32 endpoint {socket.LocalEndPoint}");
        if (!(await tunnel.A.ShowAsync("peers")).Contains(peer, StringComparison.Ordinal))
        {
            return; // Not taken as a peer at all: nothing can be sent to it.
        }

        await tunnel.Left.TryRunAsync("ping -c 1 -W 1 10.77.0.66");
        await tunnel.PassesAsync(); // What was asked for before this has been done by now.

        Assert.Equal(0, socket.Available);
        Assert.Equal((0, 0), await tunnel.A.TransferAsync(peer));
    }
}
