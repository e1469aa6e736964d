using Overlay.Linux.Netlink.Route;
using Overlay.TestKit.Cni;
using static Overlay.Cni.Conformance.Trial;

namespace Overlay.Cni.Conformance.Demands;

/// <summary>Section 2, "DEL": everything goes, whatever else has gone before. All in a subnet so small that a lost address is missed.</summary>
internal static class DelDemands
{
    private const string Section = "2 DEL";

    public static IEnumerable<Demand> All =>
    [
        new(Section, "DEL removes the interface and the host's end, and frees the address", trial => Frees(trial, (_, _) => { })),
        new(Section, "A second DEL succeeds", trial => Frees(trial, (container, _) => trial.Del(container))),
        new(Section, "DEL of what was never added succeeds", NeverAdded),
        new(Section, "DEL with the prevResult of ADD succeeds", trial => Frees(trial, (container, result) => trial.Del(container, trial.WithResult(result)))),
        new(Section, "DEL without CNI_NETNS succeeds and frees the address", trial => Frees(trial, request => request with { NetworkNamespace = null }, (_, _) => { })),
        new(Section, "DEL succeeds and frees the address when the namespace is gone", trial => Frees(trial, request => request, (container, _) => container.Dispose())),
        new(Section, "DEL succeeds and frees the address when the interface is gone", trial => Frees(trial, request => request, (container, _) => container.Change(route => route.Execute(batch => batch.DeleteLink("eth0"))))),
        new(Section, "DEL succeeds and frees the address when the bridge is gone", trial => Frees(trial, request => request, (_, _) => DeleteBridges(trial))),
        new(Section, "DEL of one interface leaves the container's other one", OneOfTwo),
        new("3 Lifecycle & Ordering", "DEL after a failed ADD succeeds, and the address is free", AfterFailure),
    ];

    private static void Frees(Trial trial, Action<CniContainer, System.Text.Json.JsonElement> delete) => Frees(trial, request => request, delete);

    private static void Frees(Trial trial, Func<CniRequest, CniRequest> change, Action<CniContainer, System.Text.Json.JsonElement> before)
    {
        trial.UseSmallSubnet();
        var container = trial.Container();
        var result = trial.Add(container);
        before(container, result);
        var answer = trial.Send(change(CniRequest.For("DEL", container, trial.Configuration().ToJsonString())));
        Require(answer.IsSuccess, $"DEL failed: {Brief(answer)}");
        // Without a name for the namespace a plugin cannot reach inside; the runtime deletes it next.
        container.Dispose();
        KernelWatchEnds(trial);
        trial.RequireAllAddressesFree();
    }

    // A namespace ends a moment after its last user.
    private static void KernelWatchEnds(Trial trial)
    {
        try
        {
            Overlay.TestKit.Namespaces.KernelWatch.Until(trial.Node.Namespace, route => route.ListLinks("veth").Count == 0, TimeSpan.FromSeconds(20));
        }
        catch (TimeoutException)
        {
            throw new UnmetException("the host's end of the link was left");
        }
    }

    private static void NeverAdded(Trial trial)
    {
        using var container = trial.Container();
        trial.Del(container);
    }

    private static void DeleteBridges(Trial trial)
    {
        foreach (var bridge in trial.Node.Route.ListLinks("bridge"))
        {
            trial.Node.Route.Execute(batch => batch.DeleteLink(bridge.Index));
        }
    }

    private static void OneOfTwo(Trial trial)
    {
        trial.UseSmallSubnet();
        using var container = trial.Container();
        trial.Add(container);
        trial.Add(container, interfaceName: "eth1");
        trial.Del(container);
        Require(container.Ask(route => route.FindLink("eth0")) is null, "eth0 is left");
        Require(container.Ask(route => route.FindLink("eth1")) is { IsUp: true }, "eth1 is gone");
        for (var i = 1; i < SmallRoom; i++)
        {
            trial.Add(trial.Container());
        }

        Require(!trial.Send("ADD", trial.Container()).IsSuccess, "the address of eth1 was given away too");
    }

    private static void AfterFailure(Trial trial)
    {
        trial.UseSmallSubnet();
        using var container = trial.Container();
        container.Change(route => route.Execute(batch => batch.CreateVeth(new LinkSettings { Name = "eth0" }, new LinkSettings { Name = "other" })));
        RequireError(trial.Send("ADD", container));
        container.Change(route => route.Execute(batch => batch.DeleteLink("eth0")));
        trial.Del(container);
        trial.RequireAllAddressesFree();
    }
}
