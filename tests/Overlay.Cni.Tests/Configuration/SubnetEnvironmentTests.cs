using CsCheck;
using Overlay.Cni.Configuration;
using Overlay.Cni.Protocol;
using Xunit;

namespace Overlay.Cni.Tests.Configuration;

/// <summary>The subnet.env of agents, ours and flannel's (flannel-facts 2.1 and 8.3).</summary>
public sealed class SubnetEnvironmentTests
{
    private const string Dual =
        "FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=10.244.1.1/24\nFLANNEL_IPV6_NETWORK=2001:cafe:42::/56\nFLANNEL_IPV6_SUBNET=2001:cafe:42::1/64\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=true\n";

    [Fact]
    public void Parse_BothFamilies_GivesSubnetsWithoutHostBits()
    {
        var environment = SubnetEnvironment.Parse(Dual, "subnet.env");

        Assert.Equal("10.244.0.0/16, 2001:cafe:42::/56", string.Join(", ", environment.Networks));
        Assert.Equal("10.244.1.0/24, 2001:cafe:42::/64", string.Join(", ", environment.Subnets));
        Assert.Equal(1450, environment.Mtu);
        Assert.True(environment.IsMasqueraded);
    }

    [Theory]
    [InlineData("FLANNEL_IPMASQ=true", true)]
    [InlineData("FLANNEL_IPMASQ=True", false)]
    [InlineData("FLANNEL_IPMASQ=1", false)]
    [InlineData("FLANNEL_IPMASQ=", false)]
    public void Parse_Masquerade_IsOnlyTheWordTrue(string line, bool expected) =>
        Assert.Equal(expected, SubnetEnvironment.Parse($"FLANNEL_NETWORK=10.1.0.0/16\nFLANNEL_SUBNET=10.1.17.1/24\nFLANNEL_MTU=1472\n{line}\n", "subnet.env").IsMasqueraded);

    [Fact]
    public void Parse_SeveralNetworks_DropsDuplicates() =>
        Assert.Equal(
            "10.1.0.0/16, 10.2.0.0/16",
            string.Join(", ", SubnetEnvironment.Parse("FLANNEL_NETWORK=10.1.0.0/16,10.2.0.0/16,10.1.0.0/16\nFLANNEL_SUBNET=10.1.17.1/24\nFLANNEL_MTU=1472\nFLANNEL_IPMASQ=false", "f").Networks));

    [Theory]
    [InlineData("", "f is missing FLANNEL_NETWORK or FLANNEL_IPV6_NETWORK, FLANNEL_SUBNET or FLANNEL_IPV6_SUBNET, FLANNEL_MTU, FLANNEL_IPMASQ: ")]
    [InlineData("FLANNEL_NETWORK=10.1.0.0/16\nFLANNEL_SUBNET=10.1.17.1/24\nFLANNEL_IPMASQ=true", "f is missing FLANNEL_MTU: ")]
    [InlineData("FLANNEL_SUBNET", "f: FLANNEL_SUBNET: found nothing, allowed is an IPv4 prefix")]
    [InlineData("FLANNEL_SUBNET=10.1.17.1", "f: FLANNEL_SUBNET: found 10.1.17.1, allowed is")]
    [InlineData("FLANNEL_SUBNET=fd00::1/64", "f: FLANNEL_SUBNET: found fd00::1/64, allowed is")]
    [InlineData("FLANNEL_IPV6_SUBNET=10.1.17.1/24", "f: FLANNEL_IPV6_SUBNET: found 10.1.17.1/24, allowed is an IPv6 prefix")]
    [InlineData("FLANNEL_MTU=14x", "f: FLANNEL_MTU: found 14x, allowed is a number of bytes from 68 to 65535")]
    [InlineData("FLANNEL_NETWORK=10.1.0.0/16\nFLANNEL_SUBNET=10.1.17.1/24,10.1.18.1/24\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=true", "f has more than one subnet of a family")]
    public void Parse_Unusable_SaysWhatIsWrong(string text, string message)
    {
        var exception = Assert.Throws<CniException>(() => SubnetEnvironment.Parse(text, "f"));

        Assert.StartsWith(message, exception.Message, StringComparison.Ordinal);
        Assert.Equal(CniErrorCode.UnusableSubnetFile, exception.Code);
    }

    [Fact]
    public void Read_NoFile_SaysThatTheAgentHasNoSubnet()
    {
        var exception = Assert.Throws<CniException>(() => SubnetEnvironment.Read("/nowhere/subnet.env"));

        Assert.Equal(CniErrorCode.TryAgainLater, exception.Code);
        Assert.Contains("overlayd", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_AnyText_GivesAValueOrARefusal()
    {
        var line = Gen.Select(
            Choose.From("FLANNEL_NETWORK", "FLANNEL_SUBNET", "FLANNEL_IPV6_NETWORK", "FLANNEL_IPV6_SUBNET", "FLANNEL_MTU", "FLANNEL_IPMASQ", "X"),
            Gen.OneOf(Gen.String, Gen.Char["0123456789abcdef.:/,= "].Array[0, 30].Select(letters => new string(letters))),
            (key, value) => $"{key}={value}");
        Gen.OneOf(Gen.String, line.Array[0, 8].Select(lines => string.Join('\n', lines))).Sample(text =>
        {
            try
            {
                SubnetEnvironment.Parse(text, "f");
            }
            catch (CniException)
            {
            }
        });
    }
}
