using CsCheck;
using Overlay.Core.Configuration;
using Xunit;

namespace Overlay.Core.Tests.Configuration;

/// <summary>The table of bad configurations: at least one row for each constraint of flannel-facts 1.C.</summary>
public sealed class BadConfigurationTests
{
    private static readonly NetworkConfigurationParser _parser = new(new Dictionary<string, IBackendSettings?> { ["host-gw"] = null, ["vxlan"] = null });

    public static TheoryData<string, string, string, string> Rows => new()
    {
        // The text; where; found; allowed.
        { "", "line 1, column 1", "the end of the text", Json },
        { "{", "line 1, column 2", "the end of the text", Json },
        { "{\n  \"Network\": \"10.1.0.0/16\",\n}", "line 3, column 1", "'}'", Json },
        { "{\n  // a comment\n}", "line 2, column 3", "'/'", Json },
        { "{\"Ünwahr\": x}", "line 1, column 12", "'x'", Json },
        { "{} {}", "line 1, column 4", "'{'", Json },
        { "[1]", "", "[1]", Json },
        { "null", "", "null", Json },
        { "{}", "Network", "nothing", "an IPv4 network with its prefix length, for example 10.244.0.0/16 (required while EnableIPv4 is true)" },
        { """{"Network":null}""", "Network", "nothing", "an IPv4 network with its prefix length, for example 10.244.0.0/16 (required while EnableIPv4 is true)" },
        { """{"Network":""}""", "Network", "\"\"", "an IPv4 network with its prefix length, for example 10.244.0.0/16" },
        { """{"Network":"10.1.0.0"}""", "Network", "\"10.1.0.0\"", "an IPv4 network with its prefix length, for example 10.244.0.0/16" },
        { """{"Network":"10.1/16"}""", "Network", "\"10.1/16\"", "an IPv4 network with its prefix length, for example 10.244.0.0/16" },
        { """{"Network":"10.1.0.0/33"}""", "Network", "\"10.1.0.0/33\"", "an IPv4 network with its prefix length, for example 10.244.0.0/16" },
        { """{"Network":"10.1.0.0/-1"}""", "Network", "\"10.1.0.0/-1\"", "an IPv4 network with its prefix length, for example 10.244.0.0/16" },
        { """{"Network":"0.0.0.0/0"}""", "Network", "\"0.0.0.0/0\"", "an IPv4 network with its prefix length, for example 10.244.0.0/16" },
        { """{"Network":"fc00::/16"}""", "Network", "\"fc00::/16\"", "an IPv4 network with its prefix length, for example 10.244.0.0/16" },
        { """{"Network":["10.1.0.0/16"]}""", "Network", "[\"10.1.0.0/16\"]", "an IPv4 network with its prefix length, for example 10.244.0.0/16" },
        { """{"Network":"\ud800"}""", "Network", "\"\\ud800\"", "an IPv4 network with its prefix length, for example 10.244.0.0/16" },
        { """{"Network":"10.1.0.0/29"}""", "Network", "\"10.1.0.0/29\"", "a network with a prefix of at most /28" },
        { """{"Network":"10.1.0.0/16","EnableIPv4":"true"}""", "EnableIPv4", "\"true\"", "true or false" },
        { """{"Network":"10.1.0.0/16","EnableIPv4":false}""", "EnableIPv4", "false", "true, here or for EnableIPv6: a network needs a family" },
        { """{"Network":"10.1.0.0/16","EnableIPv6":1}""", "EnableIPv6", "1", "true or false" },
        { """{"Network":"10.1.0.0/16","EnableNFTables":"no"}""", "EnableNFTables", "\"no\"", "true or false" },
        { """{"Network":"10.1.0.0/16","SubnetLen":31}""", "SubnetLen", "31", "a whole number from 18 to 30, so that the network holds at least four subnets" },
        { """{"Network":"10.1.0.0/16","SubnetLen":17}""", "SubnetLen", "17", "a whole number from 18 to 30, so that the network holds at least four subnets" },
        { """{"Network":"10.1.0.0/16","SubnetLen":-1}""", "SubnetLen", "-1", "a whole number from 18 to 30, so that the network holds at least four subnets" },
        { """{"Network":"10.1.0.0/16","SubnetLen":24.0}""", "SubnetLen", "24.0", "a whole number from 18 to 30, so that the network holds at least four subnets" },
        { """{"Network":"10.1.0.0/16","SubnetLen":"24"}""", "SubnetLen", "\"24\"", "a whole number from 18 to 30, so that the network holds at least four subnets" },
        { """{"Network":"10.1.0.0/29","SubnetLen":30}""", "SubnetLen", "30", "no length: 10.1.0.0/29 is too small, a useful network has a prefix of at most /28" },
        { """{"Network":"10.1.0.0/16","SubnetMin":""}""", "SubnetMin", "\"\"", "an IPv4 address" },
        { """{"Network":"10.1.0.0/16","SubnetMin":"10.1.1"}""", "SubnetMin", "\"10.1.1\"", "an IPv4 address" },
        { """{"Network":"10.1.0.0/16","SubnetMin":"10.2.0.0"}""", "SubnetMin", "\"10.2.0.0\"", "a subnet inside 10.1.0.0/16" },
        { """{"Network":"10.1.0.0/16","SubnetMin":"10.1.1.9"}""", "SubnetMin", "\"10.1.1.9\"", "the first address of a /24 subnet; the nearest is 10.1.1.0" },
        { """{"Network":"10.1.0.0/16","SubnetMax":7}""", "SubnetMax", "7", "an IPv4 address" },
        { """{"Network":"10.1.0.0/16","SubnetMax":"10.0.9.0"}""", "SubnetMax", "\"10.0.9.0\"", "a subnet inside 10.1.0.0/16" },
        { """{"Network":"10.1.0.0/16","SubnetMax":"10.1.9.1"}""", "SubnetMax", "\"10.1.9.1\"", "the first address of a /24 subnet; the nearest is 10.1.9.0" },
        { """{"Network":"10.1.0.0/16","SubnetMin":"10.1.9.0","SubnetMax":"10.1.8.0"}""", "SubnetMax", "\"10.1.8.0\"", "a subnet not before SubnetMin, which is 10.1.9.0" },
        { """{"EnableIPv4":false,"EnableIPv6":true}""", "IPv6Network", "nothing", "an IPv6 network with its prefix length, for example 2001:cafe:42::/56 (required while EnableIPv6 is true)" },
        { """{"EnableIPv4":false,"EnableIPv6":true,"IPv6Network":"10.1.0.0/16"}""", "IPv6Network", "\"10.1.0.0/16\"", "an IPv6 network with its prefix length, for example 2001:cafe:42::/56" },
        { """{"EnableIPv4":false,"EnableIPv6":true,"IPv6Network":"fc00::/129"}""", "IPv6Network", "\"fc00::/129\"", "an IPv6 network with its prefix length, for example 2001:cafe:42::/56" },
        { """{"EnableIPv4":false,"EnableIPv6":true,"IPv6Network":"fe80::1%eth0/64"}""", "IPv6Network", "\"fe80::1%eth0/64\"", "an IPv6 network with its prefix length, for example 2001:cafe:42::/56" },
        { """{"EnableIPv4":false,"EnableIPv6":true,"IPv6Network":"fc00::/125"}""", "IPv6Network", "\"fc00::/125\"", "a network with a prefix of at most /124" },
        { """{"EnableIPv4":false,"EnableIPv6":true,"IPv6Network":"fc00::/56","IPv6SubnetLen":127}""", "IPv6SubnetLen", "127", "a whole number from 58 to 126, so that the network holds at least four subnets" },
        { """{"EnableIPv4":false,"EnableIPv6":true,"IPv6Network":"fc00::/56","IPv6SubnetLen":57}""", "IPv6SubnetLen", "57", "a whole number from 58 to 126, so that the network holds at least four subnets" },
        { """{"EnableIPv4":false,"EnableIPv6":true,"IPv6Network":"fc00::/56","IPv6SubnetMin":"10.1.0.0"}""", "IPv6SubnetMin", "\"10.1.0.0\"", "an IPv6 address" },
        { """{"EnableIPv4":false,"EnableIPv6":true,"IPv6Network":"fc00::/56","IPv6SubnetMin":"fd00::"}""", "IPv6SubnetMin", "\"fd00::\"", "a subnet inside fc00::/56" },
        { """{"EnableIPv4":false,"EnableIPv6":true,"IPv6Network":"fc00::/56","IPv6SubnetMin":"fc00::1"}""", "IPv6SubnetMin", "\"fc00::1\"", "the first address of a /64 subnet; the nearest is fc00::" },
        { """{"EnableIPv4":false,"EnableIPv6":true,"IPv6Network":"fc00::/56","IPv6SubnetMax":"fd00::"}""", "IPv6SubnetMax", "\"fd00::\"", "a subnet inside fc00::/56" },
        { """{"EnableIPv4":false,"EnableIPv6":true,"IPv6Network":"fc00::/56","IPv6SubnetMax":"fc00::1"}""", "IPv6SubnetMax", "\"fc00::1\"", "the first address of a /64 subnet; the nearest is fc00::" },
        { """{"EnableIPv4":false,"EnableIPv6":true,"IPv6Network":"fc00::/56","IPv6SubnetMin":"fc00:0:0:9::","IPv6SubnetMax":"fc00:0:0:8::"}""", "IPv6SubnetMax", "\"fc00:0:0:8::\"", "a subnet not before IPv6SubnetMin, which is fc00:0:0:9::" },
        { """{"Network":"10.1.0.0/16","Backend":"vxlan"}""", "Backend", "\"vxlan\"", "a JSON object" },
        { """{"Network":"10.1.0.0/16","Backend":{}}""", "Backend.Type", "nothing", "one of host-gw, vxlan" },
        { """{"Network":"10.1.0.0/16","Backend":{"Type":null}}""", "Backend.Type", "nothing", "one of host-gw, vxlan" },
        { """{"Network":"10.1.0.0/16","Backend":{"Type":4}}""", "Backend.Type", "4", "one of host-gw, vxlan" },
        { """{"Network":"10.1.0.0/16","Backend":{"Type":"udp"}}""", "Backend.Type", "\"udp\"", "one of host-gw, vxlan" },
    };

    private const string Json = "one JSON object, without comments and trailing commas";

    [Theory]
    [MemberData(nameof(Rows))]
    public void Parse_BadText_SaysWhereWhatAndWhatIsAllowed(string json, string where, string found, string allowed)
    {
        var exception = Assert.Throws<ConfigurationException>(() => _parser.Parse(json, "/etc/net-conf.json"));

        var expected = where.Length == 0 ? "/etc/net-conf.json" : $"/etc/net-conf.json: {where}";
        Assert.Equal([new ConfigurationMistake(expected, found, allowed)], exception.Mistakes);
    }

    [Theory]
    [InlineData("missing.json", "no such file")]
    [InlineData("no/such/folder.json", "no such folder")]
    [InlineData("", "a folder")]
    public void ReadFile_Unreadable_SaysWhichFile(string name, string found)
    {
        var folder = Directory.CreateTempSubdirectory($"ovleases{Environment.ProcessId}-");
        var path = Path.Combine(folder.FullName, name);

        var exception = Assert.Throws<ConfigurationException>(() => _parser.ReadFile(path));

        folder.Delete();
        Assert.Equal([new ConfigurationMistake(path, found, "a readable file with the network's configuration")], exception.Mistakes);
    }

    [Fact]
    public void Parse_AnyText_GivesAConfigurationOrMistakes()
    {
        string[] keys = ["Network", "IPv6Network", "EnableIPv4", "EnableIPv6", "SubnetLen", "SubnetMin", "SubnetMax", "IPv6SubnetLen", "Backend"];
        string[] values = ["\"10.1.0.0/16\"", "\"fc00::/48\"", "\"10.1.1.0\"", "\"fc00:0:0:1::\"", "true", "false", "24", "64", "0", "1e9", "null", "{}", "[]", "\"\\ud800\"", "{\"Type\":\"vxlan\"}", "\""];
        var member = Gen.Select(Gen.Int[0, keys.Length - 1], Gen.Int[0, values.Length - 1], (key, value) => $"\"{keys[key]}\":{values[value]}");
        var text = Gen.OneOf(member.Array[0, 8].Select(members => "{" + string.Join(',', members) + "}"), Gen.String);

        text.Sample(json =>
        {
            try
            {
                return _parser.Parse(json, "x").Network.Families != 0;
            }
            catch (ConfigurationException exception)
            {
                return exception.Mistakes.Count > 0;
            }
        });
    }
}
