using System.Text.Json;
using Overlay.Core.Addressing;
using static Overlay.Cni.Conformance.Trial;

namespace Overlay.Cni.Conformance.Demands;

/// <summary>Section 5, "ADD Success", and the formats of the versions before.</summary>
internal static class ResultDemands
{
    private const string Section = "5 ADD Success";

    public static IEnumerable<Demand> All =>
    [
        new("0.1.0 Result", "cniVersion 0.1.0: the result has ip4 with ip and gateway", trial => OldFormat(trial, "0.1.0")),
        new("0.2.0 Result", "cniVersion 0.2.0: the result has ip4 with ip and gateway", trial => OldFormat(trial, "0.2.0")),
        new("0.3.0 Result", "cniVersion 0.3.0: the result has interfaces, and ips with version", trial => ListFormat(trial, "0.3.0", hasVersion: true)),
        new("0.3.1 Result", "cniVersion 0.3.1: the result has interfaces, and ips with version", trial => ListFormat(trial, "0.3.1", hasVersion: true)),
        new("0.4.0 Result", "cniVersion 0.4.0: the result has interfaces, and ips with version", trial => ListFormat(trial, "0.4.0", hasVersion: true)),
        new("1.0.0 Result", "cniVersion 1.0.0: the result has interfaces, and ips without version", trial => ListFormat(trial, "1.0.0", hasVersion: false)) { Since = "1.0.0" },
        new(Section, "cniVersion 1.1.0: the result has interfaces, and ips without version", trial => ListFormat(trial, "1.1.0", hasVersion: false)) { Since = "1.1.0" },
        new(Section, "The container's interface is named with its sandbox, CNI_NETNS, and the kernel's MAC", NamesContainerInterface),
        new(Section, "Host interfaces that the attachment made are named without a sandbox", NamesHostInterfaces),
        new(Section, "The interface index of each address points to the container's interface", PointsToInterface),
        new(Section, "The gateway of each address is inside its subnet and answers", GatewayAnswers),
        new(Section, "cniVersion 1.1.0: the interfaces have their MTU", NamesMtu) { Since = "1.1.0" },
    ];

    private static JsonElement Add(Trial trial, Overlay.TestKit.Cni.CniContainer container, string version)
    {
        var result = trial.Add(container, trial.Configuration(version));
        Require(result.TryGetProperty("cniVersion", out var found) && found.GetString() == version, $"the result's cniVersion is not {version}: {result}");
        return result;
    }

    private static void OldFormat(Trial trial, string version)
    {
        using var container = trial.Container();
        var result = Add(trial, container, version);
        Require(result.TryGetProperty("ip4", out var ip4) && ip4.TryGetProperty("ip", out _) && ip4.TryGetProperty("gateway", out _), $"no ip4 with ip and gateway: {result}");
        Require(!result.TryGetProperty("ips", out _) && !result.TryGetProperty("interfaces", out _), $"it has keys of later versions: {result}");
    }

    private static void ListFormat(Trial trial, string version, bool hasVersion)
    {
        using var container = trial.Container();
        var result = Add(trial, container, version);
        Require(result.TryGetProperty("interfaces", out var interfaces) && interfaces.GetArrayLength() > 0, $"no interfaces: {result}");
        Require(result.TryGetProperty("ips", out var ips) && ips.GetArrayLength() > 0, $"no ips: {result}");
        foreach (var ip in ips.EnumerateArray())
        {
            var found = ip.TryGetProperty("version", out var value) ? value.GetString() : null;
            Require(found == (hasVersion ? "4" : null), $"an address has the version '{found}': {ip}");
        }
    }

    private static JsonElement ContainerInterface(JsonElement result, string path) =>
        result.GetProperty("interfaces").EnumerateArray().FirstOrDefault(entry => entry.GetProperty("name").GetString() == "eth0" && Sandbox(entry) == path);

    private static string Sandbox(JsonElement entry) => entry.TryGetProperty("sandbox", out var sandbox) ? sandbox.GetString()! : "";

    private static void NamesContainerInterface(Trial trial)
    {
        using var container = trial.Container();
        var result = trial.Add(container);
        var entry = ContainerInterface(result, container.Path);
        Require(entry.ValueKind == JsonValueKind.Object, $"no eth0 in {container.Path}: {result}");
        var mac = container.Ask(route => route.FindLink("eth0"))!.Mac.ToString();
        Require(entry.GetProperty("mac").GetString() == mac, $"the MAC is {mac}, the result says {entry}");
    }

    private static void NamesHostInterfaces(Trial trial)
    {
        using var container = trial.Container();
        var result = trial.Add(container);
        var named = result.GetProperty("interfaces").EnumerateArray().Where(entry => Sandbox(entry).Length == 0).Select(entry => entry.GetProperty("name").GetString()!).ToArray();
        var made = trial.Node.Route.ListLinks().Where(link => link.Index != 1).Select(link => link.Name).ToArray();
        Require(made.Order().SequenceEqual(named.Order()), $"the host has {string.Join(", ", made)}, the result names {string.Join(", ", named)}");
    }

    private static void PointsToInterface(Trial trial)
    {
        using var container = trial.Container();
        var result = trial.Add(container);
        foreach (var ip in result.GetProperty("ips").EnumerateArray())
        {
            Require(ip.TryGetProperty("interface", out var index), $"an address has no interface: {ip}");
            var entry = result.GetProperty("interfaces")[index.GetInt32()];
            Require(entry.GetProperty("name").GetString() == "eth0" && Sandbox(entry) == container.Path, $"the address points to {entry}");
        }
    }

    private static void GatewayAnswers(Trial trial)
    {
        using var container = trial.Container();
        var ip = trial.Add(container).GetProperty("ips")[0];
        Require(ip.TryGetProperty("gateway", out var text), $"there is no gateway: {ip}");
        var gateway = InetAddress.Parse(text.GetString()!);
        Require(InetPrefix.Parse(ip.GetProperty("address").GetString()!).Masked().Contains(gateway), $"the gateway is outside: {ip}");
        Require(trial.Node.Route.ListAddresses().Any(address => address.Address.Address == gateway), $"no interface of the host has {gateway}");
    }

    private static void NamesMtu(Trial trial)
    {
        using var container = trial.Container();
        var result = trial.Add(container);
        var mtu = container.Ask(route => route.FindLink("eth0"))!.Mtu;
        var entry = ContainerInterface(result, container.Path);
        Require(entry.ValueKind == JsonValueKind.Object && entry.TryGetProperty("mtu", out var found) && found.GetInt32() == mtu, $"the MTU is {mtu}, the result says {entry}");
    }
}
