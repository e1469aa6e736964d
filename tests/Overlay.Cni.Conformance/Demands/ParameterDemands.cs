using Overlay.TestKit.Cni;
using static Overlay.Cni.Conformance.Trial;

namespace Overlay.Cni.Conformance.Demands;

/// <summary>Section 2, "Parameters": what stands in the environment.</summary>
internal static class ParameterDemands
{
    private const string Section = "2 Parameters, 5 Error";

    public static IEnumerable<Demand> All =>
    [
        new(Section, "ADD without CNI_CONTAINERID is refused with code 4 and the variable's name", trial => Misses(trial, "CNI_CONTAINERID", request => request with { ContainerId = null })),
        new(Section, "ADD without CNI_NETNS is refused with code 4 and the variable's name", trial => Misses(trial, "CNI_NETNS", request => request with { NetworkNamespace = null })),
        new(Section, "ADD without CNI_IFNAME is refused with code 4 and the variable's name", trial => Misses(trial, "CNI_IFNAME", request => request with { InterfaceName = null })),
        new(Section, "No CNI_COMMAND is refused with code 4 and the variable's name", trial => Misses(trial, "CNI_COMMAND", request => request with { Command = null })),
        new(Section, "An unknown CNI_COMMAND is refused with code 4 and the variable's name", trial => Misses(trial, "CNI_COMMAND", request => request with { Command = "FROB" })),
        new(Section, "A container id that begins with a dot is refused with code 4", trial => Misses(trial, "", request => request with { ContainerId = "../escape" })),
        new(Section, "A container id with a slash is refused with code 4", trial => Misses(trial, "", request => request with { ContainerId = "a/b" })),
        new(Section, "An interface name of 16 characters is refused with code 4", trial => Misses(trial, "", request => request with { InterfaceName = "eth0123456789012" })),
        new(Section, "An interface name with a slash is refused with code 4", trial => Misses(trial, "", request => request with { InterfaceName = "eth/0" })),
        new(Section, "The interface name \"..\" is refused with code 4", trial => Misses(trial, "", request => request with { InterfaceName = ".." })),
        new("2 Parameters", "DEL without CNI_CONTAINERID is refused with code 4", trial => Misses(trial, "CNI_CONTAINERID", request => request with { Command = "DEL", ContainerId = null })),
        new("2 Parameters", "A CNI_NETNS that does not exist makes ADD fail, and nothing is left", MissingNamespace),
        new("2 Parameters", "CNI_ARGS for other plugins do no harm (IgnoreUnknown=1)", OtherArguments),
    ];

    private static void Misses(Trial trial, string name, Func<CniRequest, CniRequest> spoil)
    {
        using var container = trial.Container();
        var answer = trial.Send(spoil(CniRequest.For("ADD", container, trial.Configuration().ToJsonString())));
        RequireError(answer, 4);
        Require(answer.ErrorText.Contains(name, StringComparison.Ordinal), $"the message does not name {name}: {Brief(answer)}");
        Require(!trial.Node.HostEnds.Any(), "a link was left on the host");
    }

    private static void MissingNamespace(Trial trial)
    {
        trial.UseSmallSubnet();
        using var container = trial.Container();
        RequireError(trial.Send(CniRequest.For("ADD", container, trial.Configuration().ToJsonString()) with { NetworkNamespace = "/run/netns/does-not-exist" }));
        Require(!trial.Node.HostEnds.Any(), "a link was left on the host");
        trial.RequireAllAddressesFree();
    }

    private static void OtherArguments(Trial trial)
    {
        using var container = trial.Container();
        var answer = trial.Send(CniRequest.For("ADD", container, trial.Configuration().ToJsonString()) with { Arguments = "IgnoreUnknown=1;K8S_POD_NAME=web;K8S_POD_NAMESPACE=default" });
        Require(answer.IsSuccess, $"ADD failed: {Brief(answer)}");
    }
}
