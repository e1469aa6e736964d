using Overlay.TestKit.Cni;
using static Overlay.Cni.Conformance.Trial;

namespace Overlay.Cni.Conformance.Demands;

/// <summary>Section 4: addresses from another plugin.</summary>
internal static class DelegationDemands
{
    private const string Section = "4 Plugin Delegation";

    public static IEnumerable<Demand> All =>
    [
        .. new Demand[]
        {
            new(Section, "The address plugin is found in CNI_PATH, and its addresses are used", Uses),
            new(Section, "The address plugin gets the same environment", SameEnvironment),
            new(Section, "The address plugin gets the complete network configuration", CompleteConfiguration),
            new(Section, "DEL is passed on to the address plugin", trial => PassesOn(trial, "DEL")),
            new(Section, "CHECK is passed on to the address plugin", trial => PassesOn(trial, "CHECK")),
            new(Section, "STATUS is passed on to the address plugin", trial => PassesOn(trial, "STATUS")) { Since = "1.1.0" },
            new(Section, "GC is passed on to the address plugin", trial => PassesOn(trial, "GC")) { Since = "1.1.0" },
            new(Section, "An error of the address plugin is passed back, with its code", PassesErrorBack),
            new(Section, "After a failed ADD of the address plugin it is called again with DEL", CallsDelAfterFailure),
            new(Section, "An error of the address plugin at DEL is passed back", DelFails),
            new(Section, "What the address plugin writes to standard error arrives there", StandardError),
            new(Section, "An address plugin that does not exist makes ADD fail, and nothing is left", Missing),
        }.Select(demand => demand with { AppliesTo = subject => subject.DelegatesAddresses }),
    ];

    private static (RecordingPlugin Recording, CniContainer Container) Prepare(Trial trial) => (new RecordingPlugin(trial), trial.Container());

    private static void Uses(Trial trial)
    {
        var (_, container) = Prepare(trial);
        var addresses = AddDemands.Addresses(trial.Add(container, trial.DelegatingConfiguration(RecordingPlugin.Type)));
        Require(addresses is ["10.1.17.77/24"], $"the addresses are {string.Join(", ", addresses)}");
    }

    private static void SameEnvironment(Trial trial)
    {
        var (recording, container) = Prepare(trial);
        var request = CniRequest.For("ADD", container, trial.DelegatingConfiguration(RecordingPlugin.Type).ToJsonString()) with { Arguments = "IgnoreUnknown=1;colour=blue" };
        var answer = trial.Send(request);
        Require(answer.IsSuccess, $"ADD failed: {Brief(answer)}");
        foreach (var (name, value) in new[] { ("CNI_CONTAINERID", container.Id), ("CNI_NETNS", container.Path), ("CNI_IFNAME", "eth0"), ("CNI_ARGS", request.Arguments) })
        {
            Require(recording.Variable("ADD", name) == value, $"{name} is '{recording.Variable("ADD", name)}'");
        }
    }

    private static void CompleteConfiguration(Trial trial)
    {
        var (recording, container) = Prepare(trial);
        var configuration = trial.DelegatingConfiguration(RecordingPlugin.Type);
        configuration["example.net/unknown"] = "kept";
        trial.Add(container, configuration);
        var found = recording.Configuration("ADD");
        Require(found["name"]?.GetValue<string>() == "conformance" && found["cniVersion"]?.GetValue<string>() == trial.Version, $"name or cniVersion is missing: {found.ToJsonString()}");
        Require(found["example.net/unknown"]?.GetValue<string>() == "kept", $"a key is missing: {found.ToJsonString()}");
    }

    private static void PassesOn(Trial trial, string command)
    {
        var (recording, container) = Prepare(trial);
        var configuration = trial.DelegatingConfiguration(RecordingPlugin.Type);
        var result = trial.Add(container, configuration);
        var again = trial.DelegatingConfiguration(RecordingPlugin.Type);
        if (command is "CHECK" or "DEL")
        {
            again["prevResult"] = System.Text.Json.Nodes.JsonNode.Parse(result.GetRawText());
        }

        if (command == "GC")
        {
            again["cni.dev/valid-attachments"] = new System.Text.Json.Nodes.JsonArray();
        }

        trial.Send(command, container, again);
        Require(recording.WasCalled(command), "the address plugin was not called");
    }

    private static void PassesErrorBack(Trial trial)
    {
        var (recording, container) = Prepare(trial);
        recording.Fail();
        RequireError(trial.Send("ADD", container, trial.DelegatingConfiguration(RecordingPlugin.Type)), 111);
    }

    private static void CallsDelAfterFailure(Trial trial)
    {
        var (recording, container) = Prepare(trial);
        recording.Fail();
        trial.Send("ADD", container, trial.DelegatingConfiguration(RecordingPlugin.Type));
        Require(recording.WasCalled("DEL"), "the address plugin was not called with DEL");
        Require(!trial.Node.HostEnds.Any(), "a link was left on the host");
    }

    private static void DelFails(Trial trial)
    {
        var (recording, container) = Prepare(trial);
        trial.Add(container, trial.DelegatingConfiguration(RecordingPlugin.Type));
        recording.Fail();
        RequireError(trial.Send("DEL", container, trial.DelegatingConfiguration(RecordingPlugin.Type)));
    }

    private static void StandardError(Trial trial)
    {
        var (_, container) = Prepare(trial);
        var answer = trial.Send("ADD", container, trial.DelegatingConfiguration(RecordingPlugin.Type));
        Require(answer.Errors.Contains("a word on standard error", StringComparison.Ordinal), $"standard error is '{answer.Errors.Trim()}'");
    }

    private static void Missing(Trial trial)
    {
        using var container = trial.Container();
        RequireError(trial.Send("ADD", container, trial.DelegatingConfiguration("no-such-plugin")));
        Require(container.Ask(route => route.FindLink("eth0")) is null && !trial.Node.HostEnds.Any(), "a link was left");
    }
}
