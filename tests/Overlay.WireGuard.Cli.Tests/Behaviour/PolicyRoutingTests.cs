using Overlay.WireGuard.Cli.Tests.World;

namespace Overlay.WireGuard.Cli.Tests.Behaviour;

/// <summary>Packets that are bound to the interface or marked, and all traffic through the tunnel but its own. Needs root.</summary>
[Trait("Needs", "root")]
public sealed class PolicyRoutingTests
{
    [Fact]
    public async Task BoundDevice_AlsoWhenAMarkReroutes_Passes()
    {
        await using var tunnel = await Tunnel.OpenAsync();
        await tunnel.Left.IsAnsweredAsync(Tunnel.RightIPv4, $"-c 2 -i 0.2 -I {tunnel.A.Name}");
        await tunnel.Left.IsAnsweredAsync(Tunnel.RightIPv6, $"-c 2 -i 0.2 -I {tunnel.A.Name}");

        // A mark that is set on the way out makes the kernel look up the route once more.
        await tunnel.Left.LoadRulesAsync("table inet t { chain o { type route hook output priority mangle; meta mark set 1; }; }");
        await tunnel.Left.IsAnsweredAsync(Tunnel.RightIPv4, $"-c 2 -i 0.2 -I {tunnel.A.Name}");
        await tunnel.PassesAsync();
    }

    [Fact]
    public async Task FirewallMark_DefaultRouteThroughTheTunnel_CarriesAllButItself()
    {
        await using var tunnel = await Tunnel.OpenAsync();
        await tunnel.Right.RunAsync("ip address add 203.0.113.1/32 dev lo\nip address add 2001:db8::1/128 dev lo nodad");
        await tunnel.A.SetAsync($"fwmark 0xca6c peer {tunnel.B.PublicKey} allowed-ips 0.0.0.0/0,::/0");
        foreach (var family in new[] { "-4", "-6" })
        {
            await tunnel.Left.RunAsync($"""
                ip {family} route add default dev {tunnel.A.Name} table 51820
                ip {family} rule add not fwmark 0xca6c table 51820
                ip {family} rule add table main suppress_prefixlength 0
                """);
        }

        await tunnel.Left.IsAnsweredAsync("203.0.113.1");
        await tunnel.Left.IsAnsweredAsync("2001:db8::1");
        await Transfer.TcpAsync(tunnel.Left, tunnel.Right, "203.0.113.1");
        await tunnel.A.SetAsync($"peer {tunnel.B.PublicKey} endpoint [fd00:aa::2]:{Tunnel.RightPort}");
        await tunnel.Left.IsAnsweredAsync("203.0.113.1");
        Assert.Equal("0xca6c", (await tunnel.A.ShowAsync("fwmark")).Trim());
    }

    [Fact]
    public async Task FirewallMark_OnEveryOuterPacket_OfBothFamilies()
    {
        await using var tunnel = await Tunnel.OpenAsync();
        await tunnel.Left.LoadRulesAsync("""
            table inet t {
                counter marked { }
                counter plain { }
                chain o { type filter hook output priority filter; udp sport 10001 jump outer; }
                chain outer { meta mark 77 counter name marked accept; counter name plain; }
            }
            """);
        await tunnel.A.SetAsync("fwmark 77");

        await tunnel.PassesAsync();
        await tunnel.A.SetAsync($"peer {tunnel.B.PublicKey} endpoint [fd00:aa::2]:{Tunnel.RightPort}");
        await tunnel.PassesAsync();

        Assert.Equal(0, await tunnel.Left.CountAsync("plain"));
        Assert.True(await tunnel.Left.CountAsync("marked") > 10);
    }
}
