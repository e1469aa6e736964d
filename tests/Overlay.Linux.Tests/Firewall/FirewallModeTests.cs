using Overlay.Core.Firewall;
using Overlay.Linux.Firewall;
using Xunit;

namespace Overlay.Linux.Tests.Firewall;

[Trait("Needs", "root")]
public sealed class FirewallModeTests : IDisposable
{
    private readonly FirewallHost _host = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static FirewallRules Iptables => Sample.DualStack with { UseNFTables = false };

    public void Dispose() => _host.Dispose();

    [Fact]
    public async Task Apply_FromNftablesToIptables_LeavesNoTable()
    {
        await using (var before = _host.Open())
        {
            await before.ApplyAsync(Sample.DualStack, Cancel);
        }

        await using var firewall = _host.Open();
        await firewall.ApplyAsync(Iptables, Cancel);

        Assert.DoesNotContain("flannel-ip", await _host.RunAsync("nft list tables"), StringComparison.Ordinal);
        Assert.Equal(Sample.FlannelNat, await _host.RulesAsync("iptables", "nat"));
    }

    [Theory]
    [InlineData("iptables-nft")]
    [InlineData("iptables-legacy")]
    public async Task Apply_FromIptablesToNftables_LeavesNoChainAndNoJump(string command)
    {
        await _host.RunAsync($"{command} -A INPUT -p icmp -j ACCEPT");
        await using var firewall = _host.Open();
        await firewall.ApplyAsync(Iptables, Cancel);

        await firewall.ApplyAsync(Sample.DualStack, Cancel);

        Assert.Equal("", await _host.RulesAsync(command, "nat"));
        Assert.Equal("-A INPUT -p icmp -j ACCEPT\n", await _host.RulesAsync(command, "filter"));
        Assert.DoesNotContain("FLANNEL", await _host.RunAsync($"{command}-save"), StringComparison.Ordinal);
        Assert.DoesNotContain("FLANNEL", await _host.RunAsync($"{command.Replace("ip", "ip6", StringComparison.Ordinal)}-save"), StringComparison.Ordinal);
        Assert.Contains("flannel-ipv6", await _host.RunAsync("nft list tables"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_NftablesWithoutIptablesTools_Works()
    {
        using var tools = new FakeTools().Link("nft");
        await using var firewall = _host.Open(_host.ToolsIn(tools.Folder));

        await firewall.ApplyAsync(Sample.DualStack, Cancel);

        Assert.Contains("flannel-ipv6", await _host.RunAsync("nft list tables"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_NftablesWithoutIptablesTools_RemovesTheirRulesAllTheSame()
    {
        await _host.RunAsync("iptables-nft-restore --noflush", Sample.FlannelRestore);
        await _host.RunAsync("ip6tables-nft-restore --noflush", Sample.FlannelRestore6);
        await _host.RunAsync("iptables-nft -A FORWARD -m comment --comment jump -j ACCEPT");
        using var tools = new FakeTools().Link("nft");
        await using var firewall = _host.Open(_host.ToolsIn(tools.Folder));

        await firewall.ApplyAsync(Sample.DualStack, Cancel);

        Assert.Equal("-A FORWARD -m comment --comment jump -j ACCEPT\n", await _host.RulesAsync("iptables-nft", "filter"));
        Assert.DoesNotContain("FLANNEL", await _host.RunAsync("nft list ruleset"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, "nft", "nftables")]
    [InlineData(false, "iptables-restore", "iptables")]
    public async Task Apply_NoTools_SaysWhatToInstallAndStaysFaulty(bool useNftables, string tool, string package)
    {
        await using var firewall = _host.Open(_host.ToolsIn());

        var refusal = await Assert.ThrowsAsync<FirewallException>(() => firewall.ApplyAsync(Sample.IPv4 with { UseNFTables = useNftables }, Cancel).AsTask());

        Assert.Equal(
            $"The firewall rules need the tool {tool}, which is not in PATH (empty). Install it: apt-get install {package}. "
            + "Or switch the rules off: --ip-masq=false --iptables-forward-rules=false.",
            refusal.Message);
        Assert.Equal(refusal.Message, firewall.Fault.Current);
    }

    [Fact]
    public async Task Apply_NoToolsAndNothingWanted_IsContent()
    {
        await using var firewall = _host.Open(_host.ToolsIn());

        await firewall.ApplyAsync(Sample.Nothing, Cancel);

        Assert.Equal("", firewall.Fault.Current);
    }

    [Fact]
    public async Task Remove_EverythingEverywhere_IsGoneAndListed()
    {
        await _host.RunAsync("nft -f -", Sample.FlannelNftables);
        await _host.RunAsync("iptables-legacy-restore --noflush", Sample.FlannelRestore);
        await _host.RunAsync("ip6tables-nft-restore --noflush", "*filter\n:FLANNEL-FWD - [0:0]\n-A FORWARD -j FLANNEL-FWD\nCOMMIT\n");
        await using var firewall = _host.Open();

        var removed = await firewall.RemoveAsync(Cancel);

        Assert.Equal(
            [
                "nftables table ip flannel-ipv4",
                "nftables table ip6 flannel-ipv6",
                "iptables-legacy -t nat rule -A POSTROUTING -m comment --comment \"flanneld masq\" -j FLANNEL-POSTRTG",
                "iptables-legacy -t nat chain FLANNEL-POSTRTG (6 rules)",
                "iptables-legacy -t filter rule -A FORWARD -m comment --comment \"flanneld forward\" -j FLANNEL-FWD",
                "iptables-legacy -t filter chain FLANNEL-FWD (2 rules)",
                "ip6tables -t filter rule -A FORWARD -j FLANNEL-FWD",
                "ip6tables -t filter chain FLANNEL-FWD (0 rules)",
            ],
            removed);
        Assert.Empty(await firewall.RemoveAsync(Cancel));
        Assert.DoesNotContain("FLANNEL", await _host.RunAsync("iptables-legacy-save") + await _host.RunAsync("nft list ruleset"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Remove_OneVariantUnreadable_RemovesTheRestAndFails()
    {
        await _host.RunAsync("nft -f -", Sample.FlannelNftables);
        await _host.RunAsync("iptables-legacy-restore --noflush", Sample.FlannelRestore);
        using var tools = new FakeTools().Link("nft", "iptables-legacy", "iptables-legacy-save", "iptables-legacy-restore", "iptables-nft", "iptables-nft-restore")
            .Script("iptables-nft-save", "echo \"table 'nat' is incompatible, use 'nft' tool.\" >&2; exit 1");
        await using var firewall = _host.Open(_host.ToolsIn(tools.Folder));

        var refusal = await Assert.ThrowsAsync<FirewallException>(() => firewall.RemoveAsync(Cancel).AsTask());

        Assert.Equal("iptables-nft-save refused to list the rules (exit status 1): table 'nat' is incompatible, use 'nft' tool.", refusal.Message);
        Assert.DoesNotContain("FLANNEL", await _host.RunAsync("iptables-legacy-save"), StringComparison.Ordinal);
        Assert.Equal("", await _host.RunAsync("nft list tables"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Apply_NotPermitted_NamesTheCapability(bool useNftables)
    {
        var tools = new Toolbox(TimeProvider.System) { Prefix = [.. _host.Tools.Prefix, "setpriv", "--bounding-set=-all", "--inh-caps=-all", "--reuid=65534", "--clear-groups"] };
        await using var firewall = _host.Open(tools);

        var refusal = await Assert.ThrowsAsync<FirewallException>(() => firewall.ApplyAsync(Sample.IPv4 with { UseNFTables = useNftables }, Cancel).AsTask());

        Assert.EndsWith("The agent needs CAP_NET_ADMIN (and CAP_NET_RAW for iptables) in its network namespace.", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Plan_EachMode_SaysWhatApplyWouldChangeAndChangesNothing()
    {
        await using var firewall = _host.Open();
        Assert.Equal(["add nftables table ip flannel-ipv4", "add nftables table ip6 flannel-ipv6"], await firewall.PlanAsync(Sample.DualStack, Cancel));
        Assert.Equal("", await _host.RunAsync("nft list ruleset"));
        await firewall.ApplyAsync(Sample.DualStack, Cancel);

        Assert.Empty(await firewall.PlanAsync(Sample.DualStack, Cancel));
        Assert.Equal(
            ["replace nftables table ip flannel-ipv4", "replace nftables table ip6 flannel-ipv6"],
            await firewall.PlanAsync(Sample.DualStack with { Masquerade = false }, Cancel));
        Assert.Equal(
            [
                "remove nftables table ip flannel-ipv4",
                "remove nftables table ip6 flannel-ipv6",
                "add iptables -t nat rule -A POSTROUTING -m comment --comment \"flanneld masq\" -j FLANNEL-POSTRTG",
                "add iptables -t nat chain FLANNEL-POSTRTG (6 rules)",
            ],
            await firewall.PlanAsync(Sample.IPv4 with { AcceptForward = false }, Cancel));
        await firewall.ApplyAsync(Sample.IPv4, Cancel);

        Assert.Empty(await firewall.PlanAsync(Sample.IPv4, Cancel));
        Assert.Equal(
            ["replace iptables -t nat chain FLANNEL-POSTRTG (8 rules)"],
            await firewall.PlanAsync(Sample.IPv4 with { MasqueradeExclusions = Sample.Exclusions }, Cancel));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(86401)]
    public async Task Apply_ResyncPeriodOutOfRange_IsTheCallersMistake(int seconds)
    {
        await using var firewall = _host.Open();

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => firewall.ApplyAsync(Sample.IPv4 with { ResyncPeriod = TimeSpan.FromSeconds(seconds) }, Cancel).AsTask());
    }

    [Fact]
    public async Task Apply_SecondAgent_IsRefusedUntilTheFirstIsGone()
    {
        await using var first = _host.Open();
        await first.ApplyAsync(Sample.DualStack, Cancel);
        await using var second = _host.Open();

        var refusal = await Assert.ThrowsAsync<FirewallException>(() => second.ApplyAsync(Sample.DualStack, Cancel).AsTask());

        Assert.Contains($"belong to process {Environment.ProcessId} (", refusal.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<FirewallException>(() => second.RemoveAsync(Cancel).AsTask());
        await second.ApplyAsync(Sample.Nothing, Cancel);
        Assert.Contains("flannel-ipv4", await _host.RunAsync("nft list tables"), StringComparison.Ordinal);
        await first.DisposeAsync();
        await second.ApplyAsync(Sample.DualStack, Cancel);
        Assert.Equal("", second.Fault.Current);
    }
}
