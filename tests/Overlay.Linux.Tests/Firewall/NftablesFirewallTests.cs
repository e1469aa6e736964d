using Overlay.Core.Addressing;
using Overlay.Linux.Firewall;
using Xunit;

namespace Overlay.Linux.Tests.Firewall;

[Trait("Needs", "root")]
public sealed class NftablesFirewallTests : IDisposable
{
    private readonly FirewallHost _host = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _host.Dispose();

    [Fact]
    public async Task Apply_FreshNamespace_HasFlannelsTablesCorrected()
    {
        await using var firewall = _host.Open();

        await firewall.ApplyAsync(Sample.DualStack, Cancel);

        var rules = await _host.RunAsync("nft list ruleset");
        Assert.Contains("table ip flannel-ipv4 {\n\tcomment \"rules for flannel-ipv4\"\n\tchain postrtg {", rules, StringComparison.Ordinal);
        Assert.Contains("ip saddr != 10.244.0.0/16 ip daddr 10.244.1.0/24 return\n", rules, StringComparison.Ordinal);
        Assert.Contains("ip6 saddr fd00:10:244::/56 ip6 daddr != ff00::/8 masquerade fully-random\n", rules, StringComparison.Ordinal);
        Assert.Equal("", firewall.Fault.Current);
    }

    [Fact]
    public async Task Apply_TwentyTimes_LeavesTheSame()
    {
        await using var firewall = _host.Open();
        await firewall.ApplyAsync(Sample.DualStack, Cancel);
        var first = await _host.RunAsync("nft list ruleset");

        for (var run = 0; run < 20; run++)
        {
            await firewall.ApplyAsync(Sample.DualStack, Cancel);
        }

        Assert.Equal(first, await _host.RunAsync("nft list ruleset"));
        Assert.Empty(_host.Repairs.GetMeasurementSnapshot());
    }

    [Fact]
    public async Task Apply_WhatFlannelLeft_IsReplacedWhole()
    {
        await _host.RunAsync("nft -f -", Sample.FlannelNftables);
        await using var firewall = _host.Open();

        await firewall.ApplyAsync(Sample.IPv4 with { UseNFTables = true }, Cancel);

        var rules = await _host.RunAsync("nft list ruleset");
        Assert.DoesNotContain("10.244.9.0/24", rules, StringComparison.Ordinal);
        Assert.DoesNotContain("meta mark 0x00004000", rules, StringComparison.Ordinal);
        Assert.DoesNotContain("flannel-ipv6", rules, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_WithoutRandomFully_HasPlainMasquerade()
    {
        await using var firewall = _host.Open();

        await firewall.ApplyAsync(Sample.DualStack with { RandomFully = false }, Cancel);

        Assert.DoesNotContain("fully-random", await _host.RunAsync("nft list ruleset"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_ToolKnowsNoFullyRandom_HasPlainMasqueradeAndSaysSo()
    {
        using var tools = new FakeTools().Script("nft", "if [ \"$1\" = -f ]; then s=$(cat); case $s in *fully-random*) exit 1;; esac; echo \"$s\" | exec /usr/sbin/nft -f -; fi; exec /usr/sbin/nft \"$@\"");
        await using var firewall = _host.Open(_host.ToolsIn(tools.Folder));

        await firewall.ApplyAsync(Sample.DualStack, Cancel);

        Assert.Contains("masquerade\n", await _host.RunAsync("nft list ruleset"), StringComparison.Ordinal);
        Assert.Contains(_host.Logger.Collector.GetSnapshot(), record => record.Message.Contains("fully-random", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Apply_Refused_ChangesNothingAndSaysWhy()
    {
        await using var firewall = _host.Open();
        await firewall.ApplyAsync(Sample.DualStack, Cancel);
        var before = await _host.RunAsync("nft list ruleset");
        await firewall.DisposeAsync();
        using var tools = new FakeTools().Script("nft", "if [ \"$1\" = -f ]; then echo 'Error: no room' >&2; exit 1; fi; exec /usr/sbin/nft \"$@\"");
        await using var broken = _host.Open(_host.ToolsIn(tools.Folder));

        var refusal = await Assert.ThrowsAsync<FirewallException>(() => broken.ApplyAsync(Sample.DualStack with { AcceptForward = false }, Cancel).AsTask());

        Assert.Equal("nft refused to set the firewall rules (exit status 1): Error: no room.", refusal.Message);
        Assert.Equal(refusal.Message, broken.Fault.Current);
        Assert.Equal(before, await _host.RunAsync("nft list ruleset"));
    }

    [Fact]
    public async Task Script_WithOneBadRule_ChangesNothing()
    {
        var before = await _host.RunAsync("nft list ruleset");

        var result = await _host.TryAsync(
            "nft -f -", NftablesScript.Replace(Sample.DualStack, AddressFamilies.None, true) + "add rule ip6 flannel-ipv6 absent accept\n");

        Assert.False(result.Succeeded);
        Assert.Equal(before, await _host.RunAsync("nft list ruleset"));
    }

    [Fact]
    public async Task Apply_Exclusions_AreTaken()
    {
        await using var firewall = _host.Open();

        await firewall.ApplyAsync(
            Sample.DualStack with { MasqueradeExclusions = [.. Sample.Exclusions, System.Net.IPNetwork.Parse("0.0.0.0/0"), System.Net.IPNetwork.Parse("198.51.100.7/32")] },
            Cancel);

        var rules = await _host.RunAsync("nft list ruleset");
        Assert.Contains("ip daddr 192.168.7.0/24 return\n", rules, StringComparison.Ordinal);
        Assert.Contains("ip6 daddr fd00:beef::/32 return\n", rules, StringComparison.Ordinal);
        Assert.Contains("ip daddr 198.51.100.7 return\n", rules, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_NothingWanted_LeavesNothing()
    {
        await _host.RunAsync("nft -f -", Sample.FlannelNftables);
        await using var firewall = _host.Open();

        await firewall.ApplyAsync(Sample.Nothing, Cancel);

        Assert.Equal("", await _host.RunAsync("nft list ruleset"));
        Assert.Equal("", firewall.Fault.Current);
    }

    [Fact]
    public async Task Dispose_LeavesTheRules()
    {
        var firewall = _host.Open();
        await firewall.ApplyAsync(Sample.DualStack, Cancel);

        await firewall.DisposeAsync();

        Assert.Contains("masquerade", await _host.RunAsync("nft list ruleset"), StringComparison.Ordinal);
    }
}
