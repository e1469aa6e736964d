using System.Globalization;
using Overlay.TestKit.Agents;
using Overlay.TestKit.WireGuard;
using Overlay.WireGuard.Cli.Tests.World;

namespace Overlay.WireGuard.Cli.Tests.Interop;

/// <summary>The program under test and Debian's wireguard-go at the two ends of a tunnel. Needs root.</summary>
[Trait("Needs", "root")]
public sealed class WireGuardGoTests
{
    public static TheoryData<bool, bool, bool> Cases => new MatrixTheoryData<bool, bool, bool>([false, true], [false, true], [false, true]);

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Tunnel_EitherEndBegins_CarriesBothFamilies(bool weBegin, bool overIPv6, bool withPresharedKey)
    {
        await using var tunnel = await OpenAsync(weAreLeft: weBegin, overIPv6, withPresharedKey);

        await tunnel.PassesAsync();

        // Both count the same bytes, now that no handshake is due, of which a busy machine may lose one. (Later some are lost: TCP finds out how many the queues hold.)
        var before = await CountAsync(tunnel);
        await tunnel.PassesAsync();
        var after = await CountAsync(tunnel);
        Assert.Equal(after.SentByA - before.SentByA, after.ReceivedByB - before.ReceivedByB);
        Assert.Equal(after.SentByB - before.SentByB, after.ReceivedByA - before.ReceivedByA);

        await Transfer.TcpAsync(tunnel.Left, tunnel.Right, Tunnel.RightIPv4, 10_000_000);
        await Transfer.TcpAsync(tunnel.Right, tunnel.Left, Tunnel.LeftIPv6, 10_000_000);
        await Transfer.UdpAsync(tunnel.Left, tunnel.Right, Tunnel.RightIPv6, 0, 1, 1000, 1372, 5000);
        await Transfer.UdpAsync(tunnel.Right, tunnel.Left, Tunnel.LeftIPv4, 0, 1, 1000, 1372, 5000);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Tunnel_PresharedKeysDiffer_CarriesNothing(bool weBegin)
    {
        await using var tunnel = await OpenAsync(weAreLeft: weBegin, overIPv6: false, withPresharedKey: true);
        await tunnel.B.AddPeersAsync($"[Peer]\nPublicKey = {tunnel.A.PublicKey}\nPresharedKey = {WireGuardInterface.NewKey()}");

        await tunnel.Left.IsNotAnsweredAsync(Tunnel.RightIPv4, "-c 2 -i 0.2 -W 1");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Keepalive_Persistent_IsSentAndTakenByEither(bool weSend)
    {
        await using var tunnel = await OpenAsync(weAreLeft: weSend, overIPv6: false, withPresharedKey: false);

        // Without a packet of a user's: the keepalive alone makes the handshake.
        await tunnel.A.SetAsync($"peer {tunnel.B.PublicKey} persistent-keepalive 1");
        await Deadline.UntilAsync(
            () => tunnel.B.TransferAsync(tunnel.A.PublicKey).GetAwaiter().GetResult().Received >= 148 + (3 * 32),
            () => "no keepalives come", TestContext.Current.CancellationToken, seconds: 30, everyMilliseconds: 100);
        await tunnel.Right.IsAnsweredAsync(Tunnel.LeftIPv4);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Roaming_OneEndMovesUnderTraffic_TheOtherFollows(bool weMove)
    {
        await using var tunnel = await OpenAsync(weAreLeft: weMove, overIPv6: false, withPresharedKey: false);
        await tunnel.PassesAsync();

        for (var port = 9990; port < 9993; port++)
        {
            await tunnel.A.SetAsync(string.Create(CultureInfo.InvariantCulture, $"listen-port {port}"));
            await tunnel.Left.IsAnsweredAsync(Tunnel.RightIPv4, "-c 1");
            Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"10.0.0.1:{port}"), (await tunnel.B.ShowPeerAsync("endpoints", tunnel.A.PublicKey)).Single());
            await tunnel.Right.IsAnsweredAsync(Tunnel.LeftIPv6);
        }

        await tunnel.A.SetAsync($"peer {tunnel.B.PublicKey} endpoint [fd00:aa::2]:{Tunnel.RightPort}");
        await tunnel.Left.IsAnsweredAsync(Tunnel.RightIPv4, "-c 1");
        Assert.Equal("[fd00:aa::1]:9992", (await tunnel.B.ShowPeerAsync("endpoints", tunnel.A.PublicKey)).Single());
    }

    private static Task<Tunnel> OpenAsync(bool weAreLeft, bool overIPv6, bool withPresharedKey) => Tunnel.OpenAsync(new TunnelOptions
    {
        OverIPv6 = overIPv6,
        PresharedKey = withPresharedKey ? WireGuardInterface.NewKey() : null,
        RightKnowsLeft = false, // So the left one begins.
        LeftProgram = weAreLeft ? null : WireGuardBinary.Other,
        RightProgram = weAreLeft ? WireGuardBinary.Other : null,
    });

    private static async Task<(long SentByA, long ReceivedByA, long SentByB, long ReceivedByB)> CountAsync(Tunnel tunnel)
    {
        var (a, b) = (await tunnel.A.TransferAsync(tunnel.B.PublicKey), await tunnel.B.TransferAsync(tunnel.A.PublicKey));
        return (a.Sent, a.Received, b.Sent, b.Received);
    }
}
