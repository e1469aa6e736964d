using System.Net;
using Overlay.TestKit.Agents;
using Overlay.TestKit.Traffic;
using Overlay.WireGuard.Cli.Tests.World;

namespace Overlay.WireGuard.Cli.Tests.Misuse;

/// <summary>50,000 initiations from 50,000 sources that do not exist. Needs root.
/// <code>
///   honest (left) 10.0.0.1 -------- 10.0.0.2 (right) 10.1.0.2 -------- 10.1.0.1 attacker, who also says to be 10.66.0.0/16
/// </code></summary>
[Trait("Needs", "root")]
public sealed class FloodTests
{
    private const int Initiations = 50_000;

    /// <summary>Beyond this the program would have kept something for each message.</summary>
    private const long Growth = 32_000_000;

    [Fact]
    public async Task Flood_SpoofedSources_CookiesAreAnswered_AnHonestPeerStaysAndAnotherComesIn()
    {
        await using var tunnel = await Tunnel.OpenAsync();
        var attacker = await tunnel.Lab.AddAsync("attacker");
        await Lab.ConnectAsync(tunnel.Right, "eth1", attacker, "eth0");
        await tunnel.Right.RunAsync("ip address add 10.1.0.2/24 dev eth1\nip route add 10.66.0.0/16 via 10.1.0.1");
        await attacker.RunAsync("ip address add 10.1.0.1/24 dev eth0");
        await tunnel.Right.RunAsync("sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth1.rp_filter=0");
        await attacker.LoadRulesAsync("""
            table inet t {
                counter responses { }
                counter cookies { }
                chain i {
                    type filter hook prerouting priority raw
                    udp sport 10002 @th,64,8 2 counter name responses
                    udp sport 10002 @th,64,8 3 counter name cookies
                }
            }
            """);

        // A newcomer, whose first handshake falls into the flood.
        var newcomer = await tunnel.Lab.StartAsync(tunnel.Left);
        await newcomer.SetUpAsync(10003);
        await newcomer.SetAsync($"peer {tunnel.B.PublicKey} allowed-ips 10.77.0.2/32 endpoint 10.0.0.2:{Tunnel.RightPort}");
        await tunnel.B.SetAsync($"peer {newcomer.PublicKey} allowed-ips 10.78.0.1/32");
        await newcomer.BringUpAsync(1420, "10.78.0.1/24");

        await tunnel.PassesAsync();
        using var probe = TrafficProbe.Start(tunnel.Left.Namespace, tunnel.Right.Namespace, IPAddress.Parse(Tunnel.RightIPv4), perSecond: 500);
        await probe.WaitForTrafficAsync(TimeSpan.FromSeconds(30));
        var memory = tunnel.B.MemoryBytes("VmRSS");

        using (var flood = new HandshakeFlood(attacker, tunnel.B.PublicKey, IPAddress.Parse("10.1.0.2"), Tunnel.RightPort))
        {
            flood.Send(Initiations / 2, perSecond: 20_000);
            await newcomer.SetAsync($"peer {tunnel.B.PublicKey} persistent-keepalive 1");
            flood.Send(Initiations / 2, perSecond: 20_000);
        }

        await probe.WaitForArrivalAsync(TimeSpan.FromSeconds(30));
        var traffic = probe.Stop();
        var cookies = await attacker.CountAsync("cookies");
        TestContext.Current.SendDiagnosticMessage($"{cookies} cookies, {traffic.Lost} of {traffic.Sent} packets lost, {tunnel.B.MemoryBytes("VmHWM") - memory} bytes more at the peak");

        Assert.True(cookies > 1_000, $"{cookies} cookies");
        Assert.Equal(0, await attacker.CountAsync("responses"));
        Assert.True(traffic.Lost <= traffic.Sent / 20, $"{traffic.Lost} of {traffic.Sent} packets of the honest peer were lost");
        Assert.True(tunnel.B.MemoryBytes("VmHWM") - memory < Growth, $"{tunnel.B.MemoryBytes("VmHWM") - memory} bytes more");
        await Deadline.UntilAsync(
            () => newcomer.ShowPeerAsync("latest-handshakes", tunnel.B.PublicKey).GetAwaiter().GetResult().Single() != "0",
            () => "the newcomer has no session", TestContext.Current.CancellationToken, seconds: 60, everyMilliseconds: 200);
        await tunnel.PassesAsync();
    }
}
