using Overlay.Core.Addressing;
using Overlay.Linux.Firewall;
using Xunit;

namespace Overlay.Linux.Tests.Firewall;

public class IptablesSurveyTests
{
    [Theory]
    [InlineData(0, false, 0, false, IptablesVariant.Nftables)]
    [InlineData(1, false, 0, false, IptablesVariant.Legacy)]
    [InlineData(5, false, 5, false, IptablesVariant.Nftables)]
    [InlineData(5, false, 9, false, IptablesVariant.Nftables)]
    [InlineData(5, true, 9, false, IptablesVariant.Legacy)]
    [InlineData(9, true, 1, true, IptablesVariant.Nftables)]
    internal void ChooseVariant_PlainCommandIsNftables_FollowsTheHost(
        int legacyRules, bool legacyHint, int nftablesRules, bool nftablesHint, IptablesVariant expected)
    {
        var survey = new IptablesSurvey([
            Entry(IptablesVariant.Nftables, nftablesRules, nftablesHint),
            Entry(IptablesVariant.Legacy, legacyRules, legacyHint)]);

        Assert.Equal(expected, survey.ChooseVariant());
    }

    [Fact]
    public void ChooseVariant_NobodyHasRules_FollowsThePlainCommand() => Assert.Equal(
        IptablesVariant.Legacy,
        new IptablesSurvey([Entry(IptablesVariant.Legacy, 0, false), Entry(IptablesVariant.Nftables, 0, false)]).ChooseVariant());

    private static IptablesSurvey.Entry Entry(IptablesVariant variant, int foreignRules, bool hint) => new(
        new(variant, AddressFamilies.IPv4, "save", "restore", new(1, 8, 9)),
        new("save", 0, "", ""),
        IptablesState.Empty with { ForeignRules = foreignRules, HasKubernetesHint = hint });
}
