using Overlay.Core.Addressing;
using Overlay.Core.Configuration;
using Xunit;

namespace Overlay.Core.Tests.Configuration;

public sealed class ConfigurationParserTests
{
    private static readonly NetworkConfigurationParser _parser = new(new Dictionary<string, IBackendSettings?>
    {
        ["alloc"] = null,
        ["host-gw"] = null,
        ["vxlan"] = new SettingsWithNumber(),
    });

    // Flannel's defaults (flannel-facts 1.C): the first subnet is left out.
    [Theory]
    [InlineData("10.244.0.0/16", "", "10.244.0.0/16", 24, "10.244.1.0", "10.244.255.0")]
    [InlineData("10.244.3.9/16", "", "10.244.0.0/16", 24, "10.244.1.0", "10.244.255.0")]
    [InlineData("10.0.0.0/22", "", "10.0.0.0/22", 24, "10.0.1.0", "10.0.3.0")]
    [InlineData("10.0.0.0/23", "", "10.0.0.0/23", 25, "10.0.0.128", "10.0.1.128")]
    [InlineData("10.0.0.0/28", "", "10.0.0.0/28", 30, "10.0.0.4", "10.0.0.12")]
    [InlineData("10.244.0.0/16", "\"SubnetLen\":0,\"SubnetMin\":\"0.0.0.0\",\"SubnetMax\":null", "10.244.0.0/16", 24, "10.244.1.0", "10.244.255.0")]
    [InlineData("10.244.0.0/16", "\"SubnetLen\":18", "10.244.0.0/16", 18, "10.244.64.0", "10.244.192.0")]
    [InlineData("10.244.0.0/16", "\"SubnetMin\":\"10.244.0.0\",\"SubnetMax\":\"10.244.0.0\"", "10.244.0.0/16", 24, "10.244.0.0", "10.244.0.0")]
    [InlineData("10.244.0.0/16", "\"subnetlen\":25,\"SUBNETLEN\":26,\"SubnetMin\":\"10.244.9.64\"", "10.244.0.0/16", 26, "10.244.9.64", "10.244.255.192")]
    public void Parse_IPv4_FillsInFlannelsDefaults(string network, string more, string whole, int length, string first, string last)
    {
        var configuration = Parse($$"""{"Network":"{{network}}"{{(more.Length > 0 ? "," + more : "")}}}""");

        Assert.Equal(whole, configuration.Network.ToString());
        Assert.Equal((length, first, last), (configuration.IPv4Subnets!.PrefixLength, configuration.IPv4Subnets.First.ToString(), configuration.IPv4Subnets.Last.ToString()));
        Assert.Null(configuration.IPv6Subnets);
    }

    [Theory]
    [InlineData("2001:cafe:42::/56", "", 64, "2001:cafe:42:1::", "2001:cafe:42:ff::")]
    [InlineData("2001:cafe:42::/63", "", 65, "2001:cafe:42:0:8000::", "2001:cafe:42:1:8000::")]
    [InlineData("2001:cafe:42::/124", "", 126, "2001:cafe:42::4", "2001:cafe:42::c")]
    [InlineData("fc00::/16", "\"IPv6SubnetLen\":80,\"IPv6SubnetMin\":\"fc00::2:0:0:0\"", 80, "fc00::2:0:0:0", "fc00:ffff:ffff:ffff:ffff::")]
    public void Parse_IPv6Alone_FillsInFlannelsDefaults(string network, string more, int length, string first, string last)
    {
        var configuration = Parse($$"""{"EnableIPv4":false,"EnableIPv6":true,"IPv6Network":"{{network}}"{{(more.Length > 0 ? "," + more : "")}}}""");

        Assert.Equal((length, first, last), (configuration.IPv6Subnets!.PrefixLength, configuration.IPv6Subnets.First.ToString(), configuration.IPv6Subnets.Last.ToString()));
        Assert.Null(configuration.IPv4Subnets);
        Assert.Null(configuration.Network.IPv4);
    }

    [Fact]
    public void Parse_KeysInAnyCaseTwiceUnknownAndNull_ReadsAsGoDoes()
    {
        var configuration = Parse(
            """
            {"network":"10.1.0.0/16","NETWORK":"10.2.0.0/16","enableipv6":null,"EnableNfTables":true,"Unknown":{"a":[1]},"bad\ud800":1,
             "backend":{"TYPE":"VXLAN","number":7,"other":null}}
            """);

        Assert.Equal("10.2.0.0/16", configuration.Network.ToString());
        Assert.True(configuration.EnableNFTables);
        Assert.Equal(("vxlan", false), (configuration.Backend.Type, configuration.Backend.IsAssumed));
        Assert.Equal(7, configuration.Backend.ReadSettings().GetProperty("number").GetInt32());
    }

    [Theory]
    [InlineData("""{"Network":"10.1.0.0/16"}""")]
    [InlineData("""{"Network":"10.1.0.0/16","Backend":null}""")]
    public void Parse_NoBackend_AssumesVxlanAndSaysSo(string json)
    {
        var backend = Parse(json).Backend;

        Assert.Equal(("vxlan", true), (backend.Type, backend.IsAssumed));
        Assert.Equal("vxlan", backend.ReadSettings().GetProperty("Type").GetString());
    }

    [Fact]
    public void Parse_FamilyNotEnabled_ChecksOnlyTheForm()
    {
        var configuration = Parse("""{"Network":"10.1.0.0/16","IPv6Network":"fc00::/127","IPv6SubnetLen":4,"IPv6SubnetMin":"::1"}""");

        Assert.Equal("10.1.0.0/16", configuration.Network.ToString());
    }

    [Fact]
    public void Parse_ManyMistakes_ReportsThemAll()
    {
        var exception = Assert.Throws<ConfigurationException>(() =>
            Parse("""{"Network":1,"EnableIPv6":"yes","SubnetLen":99,"SubnetMin":"x","EnableNFTables":2,"Backend":{"Type":"vxlan","Number":-1}}"""));

        Assert.Equal(
            ["EnableIPv6", "Network", "SubnetLen", "SubnetMin", "EnableNFTables", "Backend.Number"],
            exception.Mistakes.Select(mistake => mistake.Where.Replace("net-conf.json: ", "", StringComparison.Ordinal)));
    }

    private static NetworkConfiguration Parse(string json) => _parser.Parse(json, "net-conf.json");

    private sealed class SettingsWithNumber : IBackendSettings
    {
        public void Check(SettingsReader settings, AddressFamilies families) => settings.ReadInt32("Number", 0, 0, 10);
    }
}
