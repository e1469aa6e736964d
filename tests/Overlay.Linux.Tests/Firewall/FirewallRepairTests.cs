using Overlay.Core.Firewall;
using Overlay.Linux.Firewall;
using Xunit;

namespace Overlay.Linux.Tests.Firewall;

[Trait("Needs", "root")]
public sealed class FirewallRepairTests : IDisposable
{
    private readonly FirewallHost _host = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static FirewallRules Iptables => Sample.DualStack with { UseNFTables = false, ResyncPeriod = TimeSpan.FromMilliseconds(100) };

    public static TheoryData<string> NftablesChanges =>
    [
        "flush ruleset",
        "delete table ip flannel-ipv4",
        "delete table ip6 flannel-ipv6",
        "delete chain ip flannel-ipv4 forward",
        "flush chain ip flannel-ipv4 postrtg",
        "insert rule ip flannel-ipv4 postrtg return",
        "add rule ip6 flannel-ipv6 forward drop",
        "add chain ip flannel-ipv4 other",
        "add chain ip flannel-ipv4 forward { policy drop; }",
        "add table ip flannel-ipv4 { flags dormant; }",
        "delete table ip flannel-ipv4; add table ip flannel-ipv4",
        "replace rule ip flannel-ipv4 postrtg handle 3 accept",
        "delete rule ip flannel-ipv4 postrtg handle 3; insert rule ip flannel-ipv4 postrtg return",
    ];

    public static TheoryData<string, string> IptablesChanges => new()
    {
        { "iptables-nft", "-t nat -F" },
        { "iptables-nft", "-t nat -D FLANNEL-POSTRTG 1" },
        { "iptables-nft", "-t nat -F POSTROUTING" },
        { "iptables-nft", "-I FLANNEL-FWD -j DROP" },
        { "iptables-nft", "-t nat -A POSTROUTING -m comment --comment other -j FLANNEL-POSTRTG" },
        { "iptables-legacy", "-t nat -F" },
        { "iptables-legacy", "-t nat -D FLANNEL-POSTRTG 1" },
        { "iptables-legacy", "-F FORWARD" },
        { "iptables-legacy", "-I FLANNEL-FWD -j DROP" },
    };

    public void Dispose() => _host.Dispose();

    [Theory]
    [MemberData(nameof(NftablesChanges))]
    public async Task Nftables_ChangedByAnother_IsPutBackAndCounted(string change)
    {
        await using var firewall = _host.Open();
        await firewall.ApplyAsync(Sample.DualStack, Cancel);
        var before = await _host.RunAsync("nft list ruleset");

        await _host.RunAsync("nft -f -", change);

        await FirewallHost.WaitAsync(async () => await _host.RunAsync("nft list ruleset") == before);
        await FirewallHost.WaitAsync(() => Task.FromResult(_host.Repairs.GetMeasurementSnapshot().Count == 1));
        Assert.Equal("firewall", _host.Repairs.LastMeasurement!.Tags["kind"]);
    }

    [Fact]
    public async Task Nftables_FlushedTenTimes_IsWholeAgainEachTime()
    {
        await using var firewall = _host.Open();
        await firewall.ApplyAsync(Sample.DualStack, Cancel);

        for (var run = 0; run < 10; run++)
        {
            await _host.RunAsync("nft flush ruleset");
            await FirewallHost.WaitAsync(async () => (await _host.RunAsync("nft list ruleset")).Contains("ip6 daddr fd00:10:244::/56 accept", StringComparison.Ordinal));
        }

        await FirewallHost.WaitAsync(() => Task.FromResult(_host.Repairs.GetMeasurementSnapshot().Count == 10));
    }

    [Fact]
    public async Task Nftables_ChangesOfOthers_AreLeftAlone()
    {
        await using var firewall = _host.Open();
        await firewall.ApplyAsync(Sample.DualStack, Cancel);

        await _host.RunAsync("nft -f -", "table ip other { chain postrtg { type nat hook postrouting priority srcnat; masquerade; }; };");
        await _host.RunAsync("iptables-nft -t nat -A POSTROUTING -j MASQUERADE");
        await firewall.ApplyAsync(Sample.DualStack, Cancel);

        Assert.Contains("table ip other", await _host.RunAsync("nft list ruleset"), StringComparison.Ordinal);
        Assert.Empty(_host.Repairs.GetMeasurementSnapshot());
    }

    [Theory]
    [MemberData(nameof(IptablesChanges))]
    public async Task Iptables_ChangedByAnother_IsPutBackAndCounted(string command, string change)
    {
        await _host.RunAsync($"{command} -A INPUT -p icmp -j ACCEPT");
        await using var firewall = _host.Open();
        await firewall.ApplyAsync(Iptables, Cancel);
        var before = await SaveAsync(command);

        await _host.RunAsync($"{command} {change}");

        await FirewallHost.WaitAsync(async () => await SaveAsync(command) == before);
        await FirewallHost.WaitAsync(() => Task.FromResult(_host.Repairs.GetMeasurementSnapshot().Count == 1));
        Assert.Equal("", firewall.Fault.Current);
    }

    [Fact]
    public async Task IptablesNft_RulesetFlushed_IsPutBack()
    {
        await using var firewall = _host.Open();
        await firewall.ApplyAsync(Iptables with { ResyncPeriod = TimeSpan.FromDays(1) }, Cancel);

        await _host.RunAsync("nft flush ruleset");

        await FirewallHost.WaitAsync(async () => await _host.RulesAsync("iptables-nft", "nat") == Sample.FlannelNat
            && await _host.RulesAsync("iptables-nft", "filter") == Sample.FlannelFilter);
    }

    [Fact]
    public async Task Repair_ToolGone_IsAFaultUntilItIsBack()
    {
        using var tools = new FakeTools().Link("nft");
        await using var firewall = _host.Open(_host.ToolsIn(tools.Folder));
        await firewall.ApplyAsync(Sample.DualStack, Cancel);
        File.Delete(Path.Combine(tools.Folder, "nft"));

        await _host.RunAsync("nft flush ruleset");

        var fault = await firewall.Fault.WaitForOtherThanAsync("", Cancel);
        Assert.StartsWith("The firewall rules need the tool nft", fault, StringComparison.Ordinal);
        tools.Link("nft");
        Assert.Equal("", await firewall.Fault.WaitForOtherThanAsync(fault, Cancel));
        Assert.Contains("flannel-ipv4", await _host.RunAsync("nft list tables"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_RefusedLater_KeepsTheOldRulesGuardedAndTheFault()
    {
        using var tools = new FakeTools().Script("nft", "if [ \"$1\" = -f ]; then s=$(cat); case $s in *192.168*) echo no >&2; exit 1;; esac; echo \"$s\" | exec /usr/sbin/nft -f -; fi; exec /usr/sbin/nft \"$@\"");
        await using var firewall = _host.Open(_host.ToolsIn(tools.Folder));
        await firewall.ApplyAsync(Sample.DualStack, Cancel);
        var before = await _host.RunAsync("nft list ruleset");

        var refusal = await Assert.ThrowsAsync<FirewallException>(
            () => firewall.ApplyAsync(Sample.DualStack with { MasqueradeExclusions = Sample.Exclusions }, Cancel).AsTask());
        await _host.RunAsync("nft flush ruleset");

        await FirewallHost.WaitAsync(async () => await _host.RunAsync("nft list ruleset") == before);
        await FirewallHost.WaitAsync(() => Task.FromResult(_host.Repairs.GetMeasurementSnapshot().Count == 1));
        Assert.Equal(refusal.Message, firewall.Fault.Current);
        await firewall.ApplyAsync(Sample.DualStack, Cancel);
        Assert.Equal("", firewall.Fault.Current);
    }

    private async Task<string> SaveAsync(string command) => string.Concat(
        (await _host.RunAsync($"{command}-save")).Split('\n').Where(line => line.StartsWith("-A ", StringComparison.Ordinal)).Select(line => line + "\n"));
}
