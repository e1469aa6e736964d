using System.Net;
using Overlay.Core.Firewall;
using Xunit;
using static Overlay.Linux.Tests.Firewall.FirewallRouter;

namespace Overlay.Linux.Tests.Firewall;

/// <summary>What the rules mean is shown by packets: which source address arrives.</summary>
[Trait("Needs", "root")]
public sealed class FirewallPacketTests
{
    public static TheoryData<string> Modes => ["nft", "iptables-nft", "iptables-legacy"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Apply_AnyMode_TranslatesWhatLeavesTheOverlayOnly(string mode)
    {
        using var router = await CreateAsync();
        await using var firewall = router.Node.Open();
        await firewall.ApplyAsync(await RulesAsync(router, mode), Cancel);

        // Within the overlay, in both directions.
        Assert.Equal(Pod, await SeenAsync(router.PodHost, Pod, router.RemoteHost, RemotePod));
        Assert.Equal(RemotePod, await SeenAsync(router.RemoteHost, RemotePod, router.PodHost, Pod));
        Assert.Equal(Pod6, await SeenAsync(router.PodHost, Pod6, router.RemoteHost, RemotePod6));
        // Out of it.
        Assert.Equal(NodeOutside, await SeenAsync(router.PodHost, Pod, router.OutsideHost, Outside));
        Assert.Equal(NodeOutside6, await SeenAsync(router.PodHost, Pod6, router.OutsideHost, Outside6));
        // From outside to the own workload it is kept; to another node's (a NodePort) the answer has to come back here.
        Assert.Equal(Outside, await SeenAsync(router.OutsideHost, Outside, router.PodHost, Pod));
        Assert.Equal(NodeUnderlay, await SeenAsync(router.OutsideHost, Outside, router.RemoteHost, RemotePod));
        Assert.Equal(NodeUnderlay6, await SeenAsync(router.OutsideHost, Outside6, router.RemoteHost, RemotePod6));
        // The node itself, with an address that the other node may not know the way to.
        Assert.Equal(NodeUnderlay, await SeenAsync(router.Node.Namespace, NodeOutside, router.RemoteHost, RemotePod));
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Apply_Exclusion_KeepsTheSource(string mode)
    {
        using var router = await CreateAsync();
        await using var firewall = router.Node.Open();
        var rules = await RulesAsync(router, mode);

        await firewall.ApplyAsync(rules with { MasqueradeExclusions = [IPNetwork.Parse("203.0.113.0/24")] }, Cancel);

        Assert.Equal(Pod, await SeenAsync(router.PodHost, Pod, router.OutsideHost, Outside));
        Assert.Equal(NodeOutside6, await SeenAsync(router.PodHost, Pod6, router.OutsideHost, Outside6));
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Apply_MarksOfOthers_DecideByTheirOneBit(string mode)
    {
        using var router = await CreateAsync();
        await using var firewall = router.Node.Open();
        await firewall.ApplyAsync(await RulesAsync(router, mode), Cancel);
        const string Mark = "table ip ovmark {{ chain forward {{ type filter hook forward priority mangle; meta mark set {0}; }}; }};";

        await router.Node.RunAsync("nft -f -", string.Format(System.Globalization.CultureInfo.InvariantCulture, Mark, "0x4001"));
        Assert.Equal(Pod, await SeenAsync(router.PodHost, Pod, router.OutsideHost, Outside));

        await router.Node.RunAsync("nft -f -", "delete table ip ovmark;" + string.Format(System.Globalization.CultureInfo.InvariantCulture, Mark, "0x8001"));
        Assert.Equal(NodeOutside, await SeenAsync(router.PodHost, Pod, router.OutsideHost, Outside));
    }

    [Theory]
    [InlineData("iptables-nft")]
    [InlineData("iptables-legacy")]
    public async Task Apply_ForwardPolicyDrop_OverlayPassesAllTheSame(string mode)
    {
        using var router = await CreateAsync();
        await using var firewall = router.Node.Open();
        var rules = await RulesAsync(router, mode);
        await router.Node.RunAsync($"{mode} -P FORWARD DROP");
        Assert.Null(await SeenAsync(router.PodHost, Pod, router.RemoteHost, RemotePod));

        await firewall.ApplyAsync(rules, Cancel);

        Assert.Equal(Pod, await SeenAsync(router.PodHost, Pod, router.RemoteHost, RemotePod));
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Apply_AgainUnderTraffic_NoPacketIsLostOrUntranslated(string mode)
    {
        using var router = await CreateAsync();
        var rules = await RulesAsync(router, mode);
        await using var first = router.Node.Open();
        await first.ApplyAsync(rules, Cancel);
        await first.DisposeAsync();
        using var stop = new CancellationTokenSource();
        var traffic = Task.Run(() => FlowsAsync(router, stop.Token), Cancel);

        for (var run = 0; run < 20; run++)
        {
            // The own subnet changes each time, so that the rules really are written again.
            await using var next = router.Node.Open();
            await next.ApplyAsync(rules with { OwnSubnets = new(IPNetwork.Parse($"10.244.{run % 2}.0/24"), rules.OwnSubnets.IPv6) }, Cancel);
        }

        await stop.CancelAsync();
        var seen = await traffic;
        Assert.Equal([NodeOutside], seen.Distinct());
        Assert.True(seen.Count > 100, $"only {seen.Count} flows");
    }

    private static async Task<List<IPAddress?>> FlowsAsync(FirewallRouter router, CancellationToken cancellationToken)
    {
        var seen = new List<IPAddress?>();
        while (!cancellationToken.IsCancellationRequested)
        {
            // A flow of its own each time: only a flow's first packet passes the rules.
            seen.Add(await SeenAsync(router.PodHost, Pod, router.OutsideHost, Outside));
        }

        return seen;
    }

    private static async Task<FirewallRules> RulesAsync(FirewallRouter router, string mode)
    {
        if (mode == "nft")
        {
            return Sample.DualStack;
        }

        await router.Node.RunAsync($"{mode} -A INPUT -p icmp -j ACCEPT");
        return Sample.DualStack with { UseNFTables = false };
    }
}
