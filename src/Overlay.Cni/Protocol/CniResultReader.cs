using Overlay.Core.Addressing;

namespace Overlay.Cni.Protocol;

/// <summary>Reads a result of any version: what another plugin answered, or what the runtime repeats as <c>prevResult</c>.</summary>
internal static class CniResultReader
{
    /// <exception cref="CniException">It is no result.</exception>
    public static CniResult Read(JsonValue value)
    {
        value.Object();
        return new CniResult
        {
            Interfaces = [.. value.Member("interfaces").List().Select(ReadInterface)],
            Addresses = [.. ReadOldAddresses(value), .. value.Member("ips").List().Select(entry => ReadAddress(entry, "address"))],
            Routes = [.. ReadOldRoutes(value), .. value.Member("routes").List().Select(ReadRoute)],
            Dns = ReadDns(value.Member("dns")),
        };
    }

    public static CniDns ReadDns(JsonValue value) => value.IsMissing ? new CniDns() : new CniDns
    {
        Nameservers = ReadTexts(value.Member("nameservers")),
        Domain = value.Member("domain").Text(""),
        Search = ReadTexts(value.Member("search")),
        Options = ReadTexts(value.Member("options")),
    };

    /// <summary>Reads one entry of a list of routes, in a result and in a configuration alike.</summary>
    public static CniRoute ReadRoute(JsonValue value)
    {
        var destination = value.Member("dst");
        var gateway = value.Member("gw");
        if (!IpText.TryParsePrefix(destination.Text(""), out var prefix))
        {
            throw destination.Wrong("a destination with its prefix length, for example 0.0.0.0/0");
        }

        var details = CniRoute.DetailNames
            .Select(name => (name, value: value.Member(name).Number(-1, 0, uint.MaxValue)))
            .Where(detail => detail.value >= 0)
            .ToDictionary(detail => detail.name, detail => detail.value);
        return new CniRoute(prefix.Masked(), ReadGateway(gateway, prefix.Address.IsIPv6), details.Count > 0 ? details : null);
    }

    private static CniInterface ReadInterface(JsonValue value)
    {
        var sandbox = value.Member("sandbox").Text("");
        return new CniInterface(value.Member("name").RequiredText("an interface's name"), value.Member("mac").Text(""), sandbox.Length == 0 ? null : sandbox, (int)value.Member("mtu").Number(0, 0, int.MaxValue));
    }

    private static IEnumerable<CniAddress> ReadOldAddresses(JsonValue value) =>
        new[] { value.Member("ip4"), value.Member("ip6") }.Where(entry => !entry.IsMissing).Select(entry => ReadAddress(entry, "ip"));

    private static IEnumerable<CniRoute> ReadOldRoutes(JsonValue value) =>
        new[] { value.Member("ip4"), value.Member("ip6") }.Where(entry => !entry.IsMissing).SelectMany(entry => entry.Member("routes").List()).Select(ReadRoute);

    private static CniAddress ReadAddress(JsonValue value, string name)
    {
        var address = value.Member(name);
        if (!IpText.TryParsePrefix(address.Text(""), out var prefix))
        {
            throw address.Wrong("an address with its prefix length, for example 10.244.1.2/24");
        }

        var index = value.Member("interface").Number(-1, 0, int.MaxValue);
        return new CniAddress(prefix, ReadGateway(value.Member("gateway"), prefix.Address.IsIPv6), index < 0 ? null : (int)index);
    }

    private static InetAddress ReadGateway(JsonValue value, bool isIPv6)
    {
        var text = value.Text("");
        return text.Length == 0 ? default
            : IpText.TryParse(text, out var address) && address.IsIPv6 == isIPv6 ? address
            : throw value.Wrong($"an address of {(isIPv6 ? "IPv6" : "IPv4")}");
    }

    private static string[] ReadTexts(JsonValue value) => [.. value.List().Select(entry => entry.Text(""))];
}
