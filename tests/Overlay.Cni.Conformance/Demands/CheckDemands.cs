using System.Text.Json.Nodes;
using Overlay.Core.Addressing;
using Overlay.Linux.Netlink.Route;
using Overlay.TestKit.Cni;
using static Overlay.Cni.Conformance.Trial;

namespace Overlay.Cni.Conformance.Demands;

/// <summary>Section 2, "CHECK".</summary>
internal static class CheckDemands
{
    private const string Section = "2 CHECK";

    public static IEnumerable<Demand> All =>
    [
        new(Section, "CHECK right after ADD succeeds", trial => Check(trial, (_, _) => { }, isWell: true)),
        new(Section, "CHECK fails when the interface is gone", trial => Check(trial, (container, _) => container.Change(route => route.Execute(batch => batch.DeleteLink("eth0"))), isWell: false)),
        new(Section, "CHECK fails when the interface is down", trial => Check(trial, (container, _) => Set(container, new LinkSettings { IsUp = false }), isWell: false)),
        new(Section, "CHECK fails when an address is gone", trial => Check(trial, (container, _) => RemoveAddresses(container), isWell: false)),
        new(Section, "CHECK fails when a route is gone", trial => Check(trial, (container, _) => RemoveRoutes(container), isWell: false)),
        new(Section, "CHECK fails when the host's end has left the bridge", trial => Check(trial, (_, _) => LeaveBridge(trial), isWell: false)),
        new(Section, "CHECK fails when the reservation of the address is gone, or brings it back", ReservationLost),
        new(Section, "CHECK without prevResult fails", trial => RequireError(trial.Send("CHECK", Added(trial)))),
        new(Section, "CHECK lets a later plugin change the MAC", trial => Check(trial, ChangeMac, isWell: true)),
        new(Section, "CHECK lets a later plugin add an interface and a route", trial => Check(trial, AddMore, isWell: true)),
        new(Section, "CHECK with a cniVersion before 0.4.0 is refused with code 1", TooOld),
    ];

    private static CniContainer Added(Trial trial)
    {
        var container = trial.Container();
        trial.Add(container);
        return container;
    }

    private static void Check(Trial trial, Action<CniContainer, JsonObject> disturb, bool isWell)
    {
        using var container = trial.Container();
        var result = JsonNode.Parse(trial.Add(container).GetRawText())!.AsObject();
        var configuration = trial.Configuration();
        configuration["prevResult"] = result.DeepClone();
        var before = trial.Send("CHECK", container, configuration);
        Require(before.IsSuccess, $"CHECK failed right after ADD: {Brief(before)}");

        disturb(container, result);
        configuration["prevResult"] = result;
        var answer = trial.Send("CHECK", container, configuration);
        Require(answer.IsSuccess == isWell, isWell ? $"CHECK failed: {Brief(answer)}" : "CHECK succeeded");
    }

    private static void Set(CniContainer container, LinkSettings settings) => container.Change(route => route.Execute(batch => batch.ChangeLink(route.FindLink("eth0")!.Index, settings)));

    private static void RemoveAddresses(CniContainer container) => container.Change(route =>
    {
        var link = route.FindLink("eth0")!.Index;
        foreach (var address in route.ListAddresses(link).Where(address => !address.Address.Address.IsIPv6))
        {
            route.Execute(batch => batch.DeleteAddress(link, address.Address));
        }
    });

    private static void RemoveRoutes(CniContainer container) => container.Change(route =>
    {
        foreach (var found in route.ListRoutes(table: RouteMessage.MainTable).Where(found => !found.Gateway.IsNone))
        {
            route.Execute(batch => batch.DeleteRoute(found));
        }
    });

    private static void LeaveBridge(Trial trial)
    {
        foreach (var link in trial.Node.HostEnds.ToList())
        {
            trial.Node.Route.Execute(batch => batch.ChangeLink(link.Index, new LinkSettings { Master = 0 }));
        }
    }

    private static void ReservationLost(Trial trial)
    {
        trial.UseSmallSubnet();
        using var container = trial.Container();
        var configuration = trial.WithResult(trial.Add(container));
        var folder = Path.Combine(trial.Node.Folder, "data");
        Require(Directory.Exists(folder), "the plugin keeps nothing below its dataDir");
        Directory.Delete(folder, recursive: true);
        if (trial.Send("CHECK", container, configuration).IsSuccess)
        {
            for (var i = 1; i < SmallRoom; i++)
            {
                trial.Add(trial.Container());
            }

            Require(!trial.Send("ADD", trial.Container()).IsSuccess, "CHECK succeeded, and the address was given away");
        }
    }

    private static void ChangeMac(CniContainer container, JsonObject result)
    {
        Set(container, new LinkSettings { Mac = MacAddress.Read([0x02, 0x00, 0x5e, 0x00, 0x53, 0x01]) });
        result["interfaces"]!.AsArray().Single(entry => entry!["name"]!.GetValue<string>() == "eth0")!["mac"] = "02:00:5e:00:53:01";
    }

    private static void AddMore(CniContainer container, JsonObject result)
    {
        container.Change(route =>
        {
            route.Execute(batch => batch.CreateVeth(new LinkSettings { Name = "extra0", IsUp = true }, new LinkSettings { Name = "extra1" }));
            route.Execute(batch => batch.ReplaceRoute(new RouteMessage
            {
                Destination = InetPrefix.Parse("198.51.100.0/24"),
                Link = route.FindLink("eth0")!.Index,
                Protocol = 4,
            }));
        });
        result["interfaces"]!.AsArray().Add(new JsonObject { ["name"] = "extra0", ["sandbox"] = container.Path });
        (result["routes"] ??= new JsonArray()).AsArray().Add(new JsonObject { ["dst"] = "198.51.100.0/24" });
    }

    private static void TooOld(Trial trial)
    {
        using var container = trial.Container();
        var result = trial.Add(container, trial.Configuration("0.3.1"));
        var configuration = trial.Configuration("0.3.1");
        configuration["prevResult"] = JsonNode.Parse(result.GetRawText());
        RequireError(trial.Send("CHECK", container, configuration), 1);
    }
}
