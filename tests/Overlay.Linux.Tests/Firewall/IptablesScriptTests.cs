using Overlay.Core.Firewall;
using Overlay.Linux.Firewall;
using Xunit;

namespace Overlay.Linux.Tests.Firewall;

public class IptablesScriptTests
{
    [Fact]
    public void Build_OnEmptyTables_IsFlannelsByteForByte() => Assert.Equal(Sample.FlannelRestore, IptablesScript.Build(IptablesState.Empty, Wanted(Sample.IPv4)));

    [Fact]
    public void Build_IPv6_IsFlannelsByteForByte() => Assert.Equal(
        Sample.FlannelRestore6,
        IptablesScript.Build(IptablesState.Empty, Wanted(Sample.DualStack, family: 1)));

    [Fact]
    public void Build_Standing_IsEmpty() => Assert.Empty(IptablesScript.Build(Standing(Sample.FlannelRestore), Wanted(Sample.IPv4)));

    [Fact]
    public void Build_Exclusions_ReturnBeforeMasquerade() => Assert.Equal(
        Sample.FlannelRestore.Replace(
            "-A FLANNEL-POSTRTG -s 10.244.0.0/16 ! -d",
            """
            -A FLANNEL-POSTRTG -d 192.168.0.0/16 -m comment --comment "flanneld masq" -j RETURN
            -A FLANNEL-POSTRTG -d 192.168.7.0/24 -m comment --comment "flanneld masq" -j RETURN
            -A FLANNEL-POSTRTG -s 10.244.0.0/16 ! -d
            """,
            StringComparison.Ordinal),
        IptablesScript.Build(IptablesState.Empty, Wanted(Sample.IPv4 with { MasqueradeExclusions = Sample.Exclusions })));

    [Fact]
    public void Build_OtherSubnet_RefillsTheChainAndLeavesTheJump() => Assert.Equal(
        "*nat\n" + string.Join('\n', Sample.FlannelRestore.Split('\n')[1..10]).Replace("-A POSTROUTING -m comment --comment \"flanneld masq\" -j FLANNEL-POSTRTG\n", "", StringComparison.Ordinal) + "\n",
        IptablesScript.Build(Standing(Sample.FlannelRestore.Replace("10.244.1.0/24", "10.244.9.0/24", StringComparison.Ordinal)), Wanted(Sample.IPv4)));

    [Fact]
    public void Build_TwoJumps_RemovesOne()
    {
        const string Jump = "-A POSTROUTING -m comment --comment \"flanneld masq\" -j FLANNEL-POSTRTG\n";
        var script = IptablesScript.Build(Standing(Sample.FlannelRestore.Replace(Jump, Jump + Jump, StringComparison.Ordinal)), Wanted(Sample.IPv4));

        Assert.Contains("-D POSTROUTING -m comment --comment \"flanneld masq\" -j FLANNEL-POSTRTG\n", script, StringComparison.Ordinal);
        Assert.DoesNotContain(Jump, script, StringComparison.Ordinal);
        Assert.DoesNotContain("*filter", script, StringComparison.Ordinal);
    }

    [Fact]
    public void Build_NothingWanted_RemovesJumpThenChain() => Assert.Equal(
        """
        *nat
        :FLANNEL-POSTRTG - [0:0]
        -D POSTROUTING -m comment --comment "flanneld masq" -j FLANNEL-POSTRTG
        -X FLANNEL-POSTRTG
        COMMIT
        *filter
        :FLANNEL-FWD - [0:0]
        -D FORWARD -m comment --comment "flanneld forward" -j FLANNEL-FWD
        -X FLANNEL-FWD
        COMMIT

        """,
        IptablesScript.Build(Standing(Sample.FlannelRestore), IptablesState.Empty));

    [Fact]
    public void Build_RulesOfEarlyFlannelWithoutChains_Go() => Assert.StartsWith(
        """
        *nat
        :FLANNEL-POSTRTG - [0:0]
        -D POSTROUTING -s 10.244.0.0/16 -d 10.244.0.0/16 -m comment --comment "flanneld masq" -j RETURN
        -A POSTROUTING -m comment --comment "flanneld masq" -j FLANNEL-POSTRTG
        """,
        IptablesScript.Build(
            Standing("*nat\n-A POSTROUTING -s 10.244.0.0/16 -d 10.244.0.0/16 -m comment --comment \"flanneld masq\" -j RETURN\nCOMMIT\n"),
            Wanted(Sample.IPv4)),
        StringComparison.Ordinal);

    [Fact]
    public void Matches_OtherOrder_IsFalse()
    {
        var lines = Sample.FlannelRestore.Split('\n');
        (lines[3], lines[8]) = (lines[8], lines[3]);

        Assert.False(Standing(string.Join('\n', lines)).Matches(Wanted(Sample.IPv4)));
        Assert.True(Standing(string.Join('\n', lines)).HasShapeOf(Wanted(Sample.IPv4)));
        Assert.True(Standing(Sample.FlannelRestore).Matches(Wanted(Sample.IPv4)));
    }

    private static IptablesState Standing(string save) => IptablesSaveReader.Read(save);

    private static IptablesState Wanted(FirewallRules rules, int family = 0) => IptablesRules.Wanted(FamilyRules.Of(rules)[family], rules, randomFully: true);
}
