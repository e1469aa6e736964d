using System.Text.Json.Nodes;
using Overlay.TestKit.Cni;
using static Overlay.Cni.Conformance.Trial;

namespace Overlay.Cni.Conformance.Demands;

/// <summary>Section 2, "GC", since 1.1.0.</summary>
internal static class GcDemands
{
    private const string Section = "2 GC";

    public static IEnumerable<Demand> All =>
    [
        new(Section, "GC frees the addresses of attachments that are not valid any more", Frees) { Since = "1.1.0" },
        new(Section, "GC leaves valid attachments alone", Keeps) { Since = "1.1.0" },
        new(Section, "GC tells a container's interfaces apart", TellsInterfaces) { Since = "1.1.0" },
        new(Section, "GC writes nothing on success", Quiet) { Since = "1.1.0" },
        new(Section, "GC on a host without any state succeeds", trial => Collect(trial)) { Since = "1.1.0" },
        new(Section, "GC with a cniVersion before 1.1.0 is refused with code 1", TooOld) { Since = "1.1.0" },
    ];

    private static CniAnswer Collect(Trial trial, params (CniContainer Container, string InterfaceName)[] valid)
    {
        var answer = trial.Send(new CniRequest { Command = "GC", Input = Input(trial, trial.Version, valid) });
        Require(answer.IsSuccess, $"GC failed: {Brief(answer)}");
        return answer;
    }

    private static string Input(Trial trial, string version, (CniContainer Container, string InterfaceName)[] valid)
    {
        var configuration = trial.Configuration(version);
        configuration["cni.dev/valid-attachments"] =
            new JsonArray([.. valid.Select(attachment => new JsonObject { ["containerID"] = attachment.Container.Id, ["ifname"] = attachment.InterfaceName })]);
        return configuration.ToJsonString();
    }

    private static void Frees(Trial trial)
    {
        trial.UseSmallSubnet();
        for (var i = 0; i < SmallRoom; i++)
        {
            using var container = trial.Container();
            trial.Add(container);
        }

        Collect(trial);
        trial.RequireAllAddressesFree();
    }

    private static void Keeps(Trial trial)
    {
        trial.UseSmallSubnet();
        using var kept = trial.Container();
        var result = trial.Add(kept);
        for (var i = 1; i < SmallRoom; i++)
        {
            using var container = trial.Container();
            trial.Add(container);
        }

        Collect(trial, (kept, "eth0"));
        var answer = trial.Send("CHECK", kept, trial.WithResult(result));
        Require(answer.IsSuccess, $"the valid attachment is broken: {Brief(answer)}");
        var address = AddDemands.Addresses(result)[0];
        for (var i = 1; i < SmallRoom; i++)
        {
            Require(AddDemands.Addresses(trial.Add(trial.Container()))[0] != address, $"{address} was given away");
        }
    }

    private static void TellsInterfaces(Trial trial)
    {
        trial.UseSmallSubnet();
        using var container = trial.Container();
        trial.Add(container);
        trial.Add(container, interfaceName: "eth1");
        Collect(trial, (container, "eth1"));
        for (var i = 1; i < SmallRoom; i++)
        {
            trial.Add(trial.Container());
        }

        Require(!trial.Send("ADD", trial.Container()).IsSuccess, "the address of the valid interface was freed too");
    }

    private static void Quiet(Trial trial)
    {
        using var container = trial.Container();
        trial.Add(container);
        var answer = Collect(trial);
        Require(answer.Output.Trim().Length == 0, $"it wrote '{answer.Output.Trim()}'");
    }

    private static void TooOld(Trial trial) => RequireError(trial.Send(new CniRequest { Command = "GC", Input = Input(trial, "1.0.0", []) }), 1);
}
