using System.Globalization;
using Overlay.WireGuard.Cli.Tests.World;

namespace Overlay.WireGuard.Cli.Tests.Behaviour;

/// <summary>What <c>wg show</c> tells of the traffic. Needs root.</summary>
[Trait("Needs", "root")]
public sealed class CountersTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Transfer_TenPingsAfterAHandshake_IsCountedToTheByte(bool overIPv6)
    {
        await using var tunnel = await Tunnel.OpenAsync(new TunnelOptions { OverLoopback = true, OverIPv6 = overIPv6 });

        await tunnel.Left.IsAnsweredAsync(Tunnel.RightIPv4, "-c 10 -i 0.2");

        // A packet of 84 bytes is padded to 96 and carried in a message of 128; the initiation has 148 bytes, the response 92.
        Assert.Equal((92 + (10 * 128), 148 + (10 * 128)), await tunnel.A.TransferAsync(tunnel.B.PublicKey));
        Assert.Equal((148 + (10 * 128), 92 + (10 * 128)), await tunnel.B.TransferAsync(tunnel.A.PublicKey));
    }

    [Fact]
    public async Task LatestHandshake_IsNoneThenNowOnBothEnds()
    {
        await using var tunnel = await Tunnel.OpenAsync();
        Assert.Equal("0", (await tunnel.A.ShowPeerAsync("latest-handshakes", tunnel.B.PublicKey)).Single());

        var before = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        await tunnel.Left.IsAnsweredAsync(Tunnel.RightIPv4);
        var after = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

        foreach (var (end, peer) in new[] { (tunnel.A, tunnel.B), (tunnel.B, tunnel.A) })
        {
            Assert.InRange(long.Parse((await end.ShowPeerAsync("latest-handshakes", peer.PublicKey)).Single(), CultureInfo.InvariantCulture), before, after);
        }
    }
}
