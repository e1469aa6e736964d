using Overlay.TestKit.Cni;
using static Overlay.Cni.Conformance.Trial;

namespace Overlay.Cni.Conformance.Demands;

/// <summary>Section 2 and 5, "VERSION".</summary>
internal static class VersionDemands
{
    public static IEnumerable<Demand> All =>
    [
        new("5 VERSION Success", "VERSION answers with the cniVersion of the input and the supported versions", trial => Version(trial, "1.0.0")),
        new("5 VERSION Success", "VERSION answers a runtime that is newer than the plugin", trial => Version(trial, "9.9.9")),
        new("2 VERSION", "VERSION needs CNI_COMMAND alone", trial => Version(trial, "0.4.0")),
        new("Version considerations", "The plugin speaks every version from 0.1.0 to 1.1.0", Speaks),
    ];

    private static void Version(Trial trial, string version)
    {
        var answer = trial.Send(new CniRequest { Command = "VERSION", Input = $$"""{"cniVersion":"{{version}}"}""" });
        Require(answer.IsSuccess && answer.TryParse(out _), $"VERSION failed: {answer}");
        var json = answer.Result;
        Require(json.TryGetProperty("supportedVersions", out var versions) && versions.GetArrayLength() > 0, $"no supportedVersions: {json}");
        Require(json.TryGetProperty("cniVersion", out var found) && found.GetString() == version, $"cniVersion is not {version}: {json}");
    }

    private static void Speaks(Trial trial)
    {
        string[] all = ["0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"];
        Require(all.All(trial.Supported.Contains), $"it speaks {string.Join(", ", trial.Supported)}");
    }
}
