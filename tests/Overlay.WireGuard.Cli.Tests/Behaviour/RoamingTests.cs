using System.Globalization;
using Overlay.WireGuard.Cli.Tests.World;

namespace Overlay.WireGuard.Cli.Tests.Behaviour;

/// <summary>A peer is where its last authentic packet came from. Needs root.</summary>
[Trait("Needs", "root")]
public sealed class RoamingTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Endpoint_PeerTakesAnotherPort_Follows(bool overIPv6)
    {
        await using var tunnel = await Tunnel.OpenAsync(new TunnelOptions { OverIPv6 = overIPv6 });
        await tunnel.PassesAsync();

        for (var port = 9997; port <= 9999; port++)
        {
            await tunnel.B.SetAsync(string.Create(CultureInfo.InvariantCulture, $"listen-port {port}"));
            await tunnel.Right.IsAnsweredAsync(Tunnel.LeftIPv4, "-c 1");

            var expected = tunnel.RightEndpoint.Replace(":10002", string.Create(CultureInfo.InvariantCulture, $":{port}"), StringComparison.Ordinal);
            Assert.Equal(expected, (await tunnel.A.ShowPeerAsync("endpoints", tunnel.B.PublicKey)).Single());
            await tunnel.PassesAsync();
        }
    }

    [Fact]
    public async Task Endpoint_PeerMovesToTheOtherFamilyAndBack_Follows()
    {
        await using var tunnel = await Tunnel.OpenAsync();
        await tunnel.PassesAsync();

        foreach (var (to, expected) in new[] { ("[fd00:aa::1]:10001", "[fd00:aa::2]:10002"), ("10.0.0.1:10001", "10.0.0.2:10002") })
        {
            await tunnel.B.SetAsync($"peer {tunnel.A.PublicKey} endpoint {to}");
            await tunnel.Right.IsAnsweredAsync(Tunnel.LeftIPv4);

            Assert.Equal(expected, (await tunnel.A.ShowPeerAsync("endpoints", tunnel.B.PublicKey)).Single());
            await tunnel.PassesAsync();
        }
    }

    [Fact]
    public async Task Endpoint_UnknownBefore_IsLearnedFromTheInitiation()
    {
        await using var tunnel = await Tunnel.OpenAsync(new TunnelOptions { RightKnowsLeft = false });
        Assert.Equal("(none)", (await tunnel.B.ShowPeerAsync("endpoints", tunnel.A.PublicKey)).Single());

        await tunnel.PassesAsync();

        Assert.Equal(tunnel.LeftEndpoint, (await tunnel.B.ShowPeerAsync("endpoints", tunnel.A.PublicKey)).Single());
    }
}
