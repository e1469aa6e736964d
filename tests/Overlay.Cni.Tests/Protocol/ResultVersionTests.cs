using System.Text;
using Overlay.Cni.Protocol;
using Overlay.Core.Addressing;
using Xunit;

namespace Overlay.Cni.Tests.Protocol;

/// <summary>One result in the form of each version (CNI specification 0.1.0 to 1.1.0, "Result").</summary>
public sealed class ResultVersionTests
{
    private const string Lists = """ips":[{"interface":1,"address":"10.1.17.2/24","gateway":"10.1.17.1"},{"interface":1,"address":"fd00::2/64","gateway":"fd00::1"}],"routes":[{"dst":"10.1.0.0/16"},{"dst":"::/0","gw":"fd00::1"}],"dns":{"nameservers":["10.1.0.53"]}}""";

    private const string ListsWithFamilies = """ips":[{"version":"4","interface":1,"address":"10.1.17.2/24","gateway":"10.1.17.1"},{"version":"6","interface":1,"address":"fd00::2/64","gateway":"fd00::1"}],"routes":[{"dst":"10.1.0.0/16"},{"dst":"::/0","gw":"fd00::1"}],"dns":{"nameservers":["10.1.0.53"]}}""";

    private const string Interfaces = """interfaces":[{"name":"cni0","mac":"0a:58:0a:01:11:01"},{"name":"eth0","mac":"0a:58:0a:01:11:02","sandbox":"/run/netns/c"}],""";

    private const string Families = """ip4":{"ip":"10.1.17.2/24","gateway":"10.1.17.1","routes":[{"dst":"10.1.0.0/16"}]},"ip6":{"ip":"fd00::2/64","gateway":"fd00::1","routes":[{"dst":"::/0","gw":"fd00::1"}]},"dns":{"nameservers":["10.1.0.53"]}}""";

    public static TheoryData<string, string> Forms => new()
    {
        { "0.1.0", $$"""{"cniVersion":"0.1.0","{{Families}}""" },
        { "0.2.0", $$"""{"cniVersion":"0.2.0","{{Families}}""" },
        { "0.3.0", $$"""{"cniVersion":"0.3.0","{{Interfaces}}"{{ListsWithFamilies}}""" },
        { "0.3.1", $$"""{"cniVersion":"0.3.1","{{Interfaces}}"{{ListsWithFamilies}}""" },
        { "0.4.0", $$"""{"cniVersion":"0.4.0","{{Interfaces}}"{{ListsWithFamilies}}""" },
        { "1.0.0", $$"""{"cniVersion":"1.0.0","{{Interfaces}}"{{Lists}}""" },
        {
            "1.1.0",
            $$"""{"cniVersion":"1.1.0","{{Interfaces}}"{{Lists}}"""
                .Replace("\"mac\":\"0a:58:0a:01:11:02\"", "\"mac\":\"0a:58:0a:01:11:02\",\"mtu\":1450", StringComparison.Ordinal)
                .Replace("\"dst\":\"10.1.0.0/16\"", "\"dst\":\"10.1.0.0/16\",\"mtu\":1400", StringComparison.Ordinal)
        },
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public void Write_EachVersion_HasItsForm(string version, string expected)
    {
        Assert.True(CniVersions.TryParse(version, out var parsed));

        Assert.Equal(expected, Encoding.UTF8.GetString(CniResultWriter.Write(Sample(), parsed)));
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void Read_EachVersion_ComesBack(string version, string text)
    {
        Assert.True(CniVersions.TryParse(version, out var parsed));

        var result = CniResultReader.Read(JsonValue.Parse(Encoding.UTF8.GetBytes(text), "The result"));

        Assert.Equal(text, Encoding.UTF8.GetString(CniResultWriter.Write(result, parsed)));
    }

    [Fact]
    public void After_EarlierPlugins_StandInFront()
    {
        var result = Sample().After(new CniResult { Interfaces = [new CniInterface("tun9", "", "/run/netns/c")] });

        Assert.Equal(["tun9", "cni0", "eth0"], result.Interfaces.Select(entry => entry.Name));
        Assert.All(result.Addresses, entry => Assert.Equal(2, entry.Interface));
    }

    private static CniResult Sample() => new()
    {
        Interfaces = [new CniInterface("cni0", "0a:58:0a:01:11:01", null), new CniInterface("eth0", "0a:58:0a:01:11:02", "/run/netns/c", 1450)],
        Addresses =
        [
            new CniAddress(InetPrefix.Parse("10.1.17.2/24"), InetAddress.Parse("10.1.17.1"), 1),
            new CniAddress(InetPrefix.Parse("fd00::2/64"), InetAddress.Parse("fd00::1"), 1),
        ],
        Routes =
        [
            new CniRoute(InetPrefix.Parse("10.1.0.0/16"), default, new Dictionary<string, long> { ["mtu"] = 1400 }),
            new CniRoute(InetPrefix.Parse("::/0"), InetAddress.Parse("fd00::1")),
        ],
        Dns = new CniDns { Nameservers = ["10.1.0.53"] },
    };
}
