using Overlay.TestKit.Cni;
using static Overlay.Cni.Conformance.Trial;

namespace Overlay.Cni.Conformance.Demands;

/// <summary>Section 2, "Errors", and section 5, "Error": how a plugin says no.</summary>
internal static class ErrorDemands
{
    public static IEnumerable<Demand> All =>
    [
        new("2 Errors", "A failure has an exit status other than 0 and a JSON error on standard output", JsonError),
        new("5 Error", "An error has the asked cniVersion, a numeric code and a msg", Fields),
        new("5 Error", "Success leaves standard output to the result alone", OnlyTheResult),
    ];

    private static CniAnswer Fail(Trial trial)
    {
        using var container = trial.Container();
        var answer = trial.Send(CniRequest.For("ADD", container, trial.Configuration("0.3.1").ToJsonString()) with { NetworkNamespace = "/run/netns/does-not-exist" });
        Require(!answer.IsSuccess, $"it succeeded: {answer}");
        return answer;
    }

    private static void JsonError(Trial trial)
    {
        var answer = Fail(trial);
        Require(answer.TryParse(out _), $"standard output is no JSON object: {answer}");
    }

    private static void Fields(Trial trial)
    {
        var answer = Fail(trial);
        Require(answer.TryParse(out var json) && json.TryGetProperty("cniVersion", out var version) && version.GetString() == "0.3.1", $"no cniVersion 0.3.1: {answer.Output.Trim()}");
        Require(answer.ErrorCode != 0 && answer.ErrorText.Length > 0, $"no code or no msg: {answer.Output.Trim()}");
    }

    private static void OnlyTheResult(Trial trial)
    {
        using var container = trial.Container();
        trial.Add(container);
    }
}
