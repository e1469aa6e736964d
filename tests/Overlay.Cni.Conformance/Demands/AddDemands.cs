using System.Text.Json.Nodes;
using Overlay.Core.Addressing;
using Overlay.Linux.Netlink.Route;
using static Overlay.Cni.Conformance.Trial;

namespace Overlay.Cni.Conformance.Demands;

/// <summary>Section 2, "ADD": what stands in the kernel afterwards.</summary>
internal static class AddDemands
{
    private const string Section = "2 ADD";

    public static IEnumerable<Demand> All =>
    [
        new(Section, "ADD makes the interface CNI_IFNAME in CNI_NETNS, up and with the addresses of the result", MakesInterface),
        new(Section, "The routes of the result stand in the container", MakesRoutes),
        new(Section, "ADD fails when the interface exists already, and leaves it alone", InterfaceExists),
        new(Section, "A container may be attached twice under two interface names, with two addresses", TwoInterfaces),
        new("5 ADD Success", "A prevResult given to ADD is passed on", PassesPreviousResult),
        new(Section, "ADD that fails for want of an address leaves nothing behind", Exhausted),
        new("Overview: network", "Two containers of one host reach each other", Reach),
    ];

    private static void MakesInterface(Trial trial)
    {
        using var container = trial.Container();
        var result = trial.Add(container);
        var link = container.Ask(route => route.FindLink("eth0"));
        Require(link is { IsUp: true }, "there is no eth0 that is up");
        var addresses = container.Ask(route => route.ListAddresses(link.Index)).Select(address => address.Address.ToString()).ToArray();
        foreach (var address in Addresses(result))
        {
            Require(addresses.Contains(address), $"eth0 lacks {address}; it has {string.Join(", ", addresses)}");
        }
    }

    private static void MakesRoutes(Trial trial)
    {
        using var container = trial.Container();
        var result = trial.Add(container);
        Require(result.TryGetProperty("routes", out var routes) && routes.GetArrayLength() > 0, "the result has no routes");
        var found = container.Ask(route => route.ListRoutes()).Select(route => route.Destination.ToString()).ToArray();
        foreach (var destination in routes.EnumerateArray().Select(route => InetPrefix.Parse(route.GetProperty("dst").GetString()!).ToString()))
        {
            Require(found.Contains(destination), $"there is no route to {destination}; there are {string.Join(", ", found)}");
        }
    }

    private static void InterfaceExists(Trial trial)
    {
        using var container = trial.Container();
        container.Change(route => route.Execute(batch => batch.CreateVeth(new LinkSettings { Name = "eth0" }, new LinkSettings { Name = "other" })));
        var before = container.Ask(route => route.FindLink("eth0"))!.Index;
        RequireError(trial.Send("ADD", container));
        Require(container.Ask(route => route.FindLink("eth0"))?.Index == before, "the interface that was there is gone");
        Require(!trial.Node.HostEnds.Any(), "a link was left on the host");
    }

    private static void TwoInterfaces(Trial trial)
    {
        using var container = trial.Container();
        var first = Addresses(trial.Add(container));
        var second = Addresses(trial.Add(container, interfaceName: "eth1"));
        Require(!first.Intersect(second).Any(), $"both have {string.Join(", ", first)}");
        Require(container.Ask(route => route.FindLink("eth1")) is { IsUp: true }, "there is no eth1 that is up");
    }

    private static void PassesPreviousResult(Trial trial)
    {
        using var container = trial.Container();
        var configuration = trial.Configuration();
        configuration["prevResult"] = new JsonObject
        {
            ["cniVersion"] = trial.Version,
            ["interfaces"] = new JsonArray(new JsonObject { ["name"] = "tun9", ["sandbox"] = container.Path }),
            ["ips"] = new JsonArray(),
            ["dns"] = new JsonObject { ["nameservers"] = new JsonArray("10.1.0.53") },
        };
        var result = trial.Add(container, configuration);
        Require(result.GetRawText().Contains("tun9", StringComparison.Ordinal), "the interface of prevResult is not in the result");
    }

    private static void Exhausted(Trial trial)
    {
        trial.UseSmallSubnet();
        trial.RequireAllAddressesFree();
        var before = trial.Node.HostEnds.Count();
        using var container = trial.Container();
        RequireError(trial.Send("ADD", container));
        Require(container.Ask(route => route.FindLink("eth0")) is null, "the container has an eth0");
        Require(trial.Node.HostEnds.Count() == before, "a link was left on the host");
    }

    private static void Reach(Trial trial)
    {
        using var one = trial.Container();
        using var other = trial.Container();
        trial.Add(one);
        var address = InetPrefix.Parse(Addresses(trial.Add(other))[0]).Address.ToString();
        using var ping = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("nsenter", [$"--net={one.Path}", "ping", "-c", "1", "-W", "5", address]) { RedirectStandardOutput = true })!;
        ping.WaitForExit();
        Require(ping.ExitCode == 0, $"{address} does not answer");
    }

    internal static string[] Addresses(System.Text.Json.JsonElement result) =>
        [.. result.GetProperty("ips").EnumerateArray().Select(ip => InetPrefix.Parse(ip.GetProperty("address").GetString()!).ToString())];
}
