using Overlay.TestKit.Agents;
using Overlay.WireGuard.Cli.Tests.World;

namespace Overlay.WireGuard.Cli.Tests.Behaviour;

/// <summary>One end behind a router that translates addresses and soon forgets. Needs root.
/// <code>
///   inside  192.168.99.2 -------- 192.168.99.1  router  10.0.0.1 -------- 10.0.0.2  outside
/// </code></summary>
[Trait("Needs", "root")]
public sealed class NatTests
{
    private const string Masquerade = """
        table ip t {
            counter keepalives { }
            chain forward { type filter hook forward priority filter; iifname "in" meta length 60 counter name keepalives; }
            chain after { type nat hook postrouting priority srcnat; oifname "out" masquerade random; }
        }
        """;

    [Fact]
    public async Task PersistentKeepalive_BehindARouter_KeepsTheWayInOpen()
    {
        await using var lab = new Lab();
        var (inside, router, outside) = (await lab.AddAsync("inside"), await lab.AddAsync("router"), await lab.AddAsync("outside"));
        await Lab.ConnectAsync(inside, "eth0", router, "in");
        await Lab.ConnectAsync(outside, "eth0", router, "out");
        await inside.RunAsync("ip address add 192.168.99.2/24 dev eth0\nip route add default via 192.168.99.1");
        await router.RunAsync("ip address add 192.168.99.1/24 dev in\nip address add 10.0.0.1/24 dev out\nsysctl -qw net.ipv4.ip_forward=1");
        await router.LoadRulesAsync(Masquerade);
        await router.RunAsync("sysctl -qw net.netfilter.nf_conntrack_udp_timeout=1 net.netfilter.nf_conntrack_udp_timeout_stream=1");
        await outside.RunAsync("ip address add 10.0.0.2/24 dev eth0");
        var (a, b) = (await lab.StartAsync(inside), await lab.StartAsync(outside));
        await a.SetUpAsync(Tunnel.LeftPort);
        await b.SetUpAsync(Tunnel.RightPort);
        await a.SetAsync($"peer {b.PublicKey} allowed-ips {Tunnel.RightIPv4}/32 endpoint 10.0.0.2:{Tunnel.RightPort}");
        await b.SetAsync($"peer {a.PublicKey} allowed-ips {Tunnel.LeftIPv4}/32");
        await a.BringUpAsync(1420, Tunnel.LeftIPv4 + "/24");
        await b.BringUpAsync(1420, Tunnel.RightIPv4 + "/24");

        await inside.IsAnsweredAsync(Tunnel.RightIPv4);
        await outside.IsAnsweredAsync(Tunnel.LeftIPv4);
        Assert.StartsWith("10.0.0.1:", (await b.ShowPeerAsync("endpoints", a.PublicKey)).Single(), StringComparison.Ordinal);

        // The router forgets: nobody outside reaches the inside any more.
        await Deadline.UntilAsync(
            () => outside.TryRunAsync($"ping -c 1 -W 1 {Tunnel.LeftIPv4}").GetAwaiter().GetResult().Status == 1,
            () => "the router's translation does not end", TestContext.Current.CancellationToken, everyMilliseconds: 3000);

        // One a second, for longer than the router remembers.
        await a.SetAsync($"peer {b.PublicKey} persistent-keepalive 1");
        var before = await router.CountAsync("keepalives", "ip t");
        await Deadline.UntilAsync(
            () => router.CountAsync("keepalives", "ip t").GetAwaiter().GetResult() >= before + 5,
            () => "no keepalives come", TestContext.Current.CancellationToken, everyMilliseconds: 100);
        await outside.IsAnsweredAsync(Tunnel.LeftIPv4, "-c 1");
    }
}
