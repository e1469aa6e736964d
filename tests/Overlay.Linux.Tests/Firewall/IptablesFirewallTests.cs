using System.Net;
using Overlay.Linux.Firewall;
using Xunit;

namespace Overlay.Linux.Tests.Firewall;

[Trait("Needs", "root")]
public sealed class IptablesFirewallTests : IDisposable
{
    private static readonly string[] _nftablesOnly = ["ip6tables-nft", "ip6tables-nft-save", "ip6tables-nft-restore", "iptables-nft", "iptables-nft-save", "iptables-nft-restore"];
    private readonly FirewallHost _host = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _host.Dispose();

    [Fact]
    public async Task Apply_FreshNamespace_IsFlannelsByteForByteInTheSystemsVariant()
    {
        await using var firewall = _host.Open();

        await firewall.ApplyAsync(Sample.IPv4, Cancel);

        Assert.Equal(Sample.FlannelNat, await _host.RulesAsync("iptables", "nat"));
        Assert.Equal(Sample.FlannelFilter, await _host.RulesAsync("iptables", "filter"));
        Assert.Equal("", firewall.Fault.Current);
    }

    [Theory]
    [InlineData("iptables-nft")]
    [InlineData("iptables-legacy")]
    public async Task Apply_HostUsesOneVariant_FollowsIt(string command)
    {
        await UseAsync(command);
        await using var firewall = _host.Open();

        await firewall.ApplyAsync(Sample.DualStack with { UseNFTables = false }, Cancel);

        Assert.Equal(Sample.FlannelNat, await _host.RulesAsync(command, "nat"));
        Assert.Equal(8, (await _host.RulesAsync(command.Replace("iptables", "ip6tables", StringComparison.Ordinal), "nat")).Split("flanneld masq").Length);
        var other = command == "iptables-nft" ? "iptables-legacy" : "iptables-nft";
        Assert.DoesNotContain("FLANNEL", await _host.RunAsync($"{other}-save"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("iptables-nft")]
    [InlineData("iptables-legacy")]
    public async Task Apply_WhatFlannelLeft_IsKeptOrReplacedInPlace(string command)
    {
        await UseAsync(command);
        await _host.RunAsync($"{command}-restore --noflush", Sample.FlannelRestore.Replace("10.244.1.0/24", "10.244.9.0/24", StringComparison.Ordinal));
        await _host.RunAsync($"{command} -t nat -A POSTROUTING -s 172.17.0.0/16 -j MASQUERADE");
        await using var firewall = _host.Open();

        for (var run = 0; run < 5; run++)
        {
            await firewall.ApplyAsync(Sample.IPv4, Cancel);
        }

        var lines = (await _host.RulesAsync(command, "nat")).Split('\n');
        Assert.Equal("-A POSTROUTING -m comment --comment \"flanneld masq\" -j FLANNEL-POSTRTG", lines[0]);
        Assert.Equal("-A POSTROUTING -s 172.17.0.0/16 -j MASQUERADE", lines[1]);
        Assert.Equal(Sample.FlannelNat.Split('\n')[1..], lines[2..]);
        Assert.EndsWith(Sample.FlannelFilter, await _host.RulesAsync(command, "filter"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_OtherVariantHoldsOurs_MovesThem()
    {
        await _host.RunAsync("iptables-legacy-restore --noflush", Sample.FlannelRestore);
        await UseAsync("iptables-nft");
        await using var firewall = _host.Open();

        await firewall.ApplyAsync(Sample.IPv4, Cancel);

        Assert.Equal(Sample.FlannelNat, await _host.RulesAsync("iptables-nft", "nat"));
        Assert.DoesNotContain("FLANNEL", await _host.RunAsync("iptables-legacy-save"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("iptables-nft")]
    [InlineData("iptables-legacy")]
    public async Task Apply_Exclusions_AreTakenAndSeenAsRight(string command)
    {
        await UseAsync(command);
        await using var firewall = _host.Open();
        List<IPNetwork> exclusions = [IPNetwork.Parse("192.168.0.0/16"), IPNetwork.Parse("0.0.0.0/0"), IPNetwork.Parse("198.51.100.7/32")];

        await firewall.ApplyAsync(Sample.IPv4 with { MasqueradeExclusions = exclusions, ResyncPeriod = TimeSpan.FromMilliseconds(20) }, Cancel);
        await firewall.ApplyAsync(Sample.IPv4 with { MasqueradeExclusions = exclusions, ResyncPeriod = TimeSpan.FromMilliseconds(20) }, Cancel);

        Assert.Contains(
            """
            -A FLANNEL-POSTRTG -d 192.168.0.0/16 -m comment --comment "flanneld masq" -j RETURN
            -A FLANNEL-POSTRTG -m comment --comment "flanneld masq" -j RETURN
            -A FLANNEL-POSTRTG -d 198.51.100.7/32 -m comment --comment "flanneld masq" -j RETURN
            """,
            await _host.RulesAsync(command, "nat"),
            StringComparison.Ordinal);
        Assert.Empty(_host.Repairs.GetMeasurementSnapshot());
    }

    [Fact]
    public async Task Apply_SecondFamilyRefused_UndoesTheFirst()
    {
        using var tools = new FakeTools().Link([.. _nftablesOnly.Except(["ip6tables-nft-restore"])])
            .Script("ip6tables-nft-restore", "echo 'ip6tables-restore: line 3 failed' >&2; exit 1");
        await _host.RunAsync("iptables-nft-restore --noflush", Sample.FlannelRestore.Replace("10.244.1.0/24", "10.244.9.0/24", StringComparison.Ordinal));
        var before = await _host.RulesAsync("iptables-nft", "nat");
        await using var firewall = _host.Open(_host.ToolsIn(tools.Folder));

        var refusal = await Assert.ThrowsAsync<FirewallException>(
            () => firewall.ApplyAsync(Sample.DualStack with { UseNFTables = false }, Cancel).AsTask());

        Assert.Equal("ip6tables-nft-restore refused to set the firewall rules (exit status 1): ip6tables-restore: line 3 failed.", refusal.Message);
        Assert.Equal(before, await _host.RulesAsync("iptables-nft", "nat"));
    }

    [Fact]
    public async Task Apply_OldTool_HasNoRandomFullyAndNoWait()
    {
        using var tools = new FakeTools().Link("iptables-nft-save").Script("iptables-nft", "echo 'iptables v1.6.1'")
            .Script("iptables-nft-restore", "[ \"$*\" = --noflush ] || exit 2; exec /usr/sbin/iptables-nft-restore \"$@\"");
        await using var firewall = _host.Open(_host.ToolsIn(tools.Folder));

        await firewall.ApplyAsync(Sample.IPv4, Cancel);

        Assert.Equal(Sample.FlannelNat.Replace(" --random-fully", "", StringComparison.Ordinal), await _host.RulesAsync("iptables-nft", "nat"));
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(false, false)]
    public async Task Apply_LessWanted_TakesTheRestAway(bool masquerade, bool forward)
    {
        await using var firewall = _host.Open();
        await firewall.ApplyAsync(Sample.IPv4, Cancel);

        await firewall.ApplyAsync(Sample.IPv4 with { Masquerade = masquerade, AcceptForward = forward }, Cancel);

        Assert.Equal(masquerade ? Sample.FlannelNat : "", await _host.RulesAsync("iptables", "nat"));
        Assert.Equal(forward ? Sample.FlannelFilter : "", await _host.RulesAsync("iptables", "filter"));
        Assert.Equal(masquerade, (await _host.RunAsync("iptables-save")).Contains("FLANNEL-POSTRTG", StringComparison.Ordinal));
    }

    private Task<string> UseAsync(string command) => _host.RunAsync($"{command} -A INPUT -p icmp -j ACCEPT");
}
