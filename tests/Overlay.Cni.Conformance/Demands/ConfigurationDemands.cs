using System.Text.Json.Nodes;
using Overlay.TestKit.Cni;
using static Overlay.Cni.Conformance.Trial;

namespace Overlay.Cni.Conformance.Demands;

/// <summary>Section 1: the network configuration, and what is no such thing.</summary>
internal static class ConfigurationDemands
{
    public static IEnumerable<Demand> All =>
    [
        new("5 Error", "A configuration that is no JSON is refused with code 6", trial => Refuses(trial, "{ \"cniVersion\": ", 6)),
        new("5 Error", "An empty standard input is refused with code 5 or 6", trial => Refuses(trial, "", 5, 6)),
        new("5 Error", "A configuration that is a JSON list is refused with code 6", trial => Refuses(trial, "[]", 6)),
        new("5 Error", "A cniVersion that is no version is refused with code 1 or 6", trial => Refuses(trial, With(trial, "cniVersion", "soon"), 1, 6)),
        new("5 Error", "A cniVersion that the plugin does not speak is refused with code 1", trial => Refuses(trial, With(trial, "cniVersion", "9.9.9"), 1)),
        new("1 Configuration format", "A network name with a slash is refused with code 7", trial => Refuses(trial, With(trial, "name", "a/b"), 7)),
        new("1 Configuration format", "A network name that begins with a dot is refused with code 7", trial => Refuses(trial, With(trial, "name", ".."), 7)),
        new("1 Configuration format", "A configuration without a network name is refused with code 7", trial => Refuses(trial, With(trial, "name", null), 7)),
        new("1 Plugin configuration objects", "Reserved keys that the plugin does not use do no harm: args, runtimeConfig, cni.dev/", Tolerates),
        new("1 Plugin configuration objects", "dns of the configuration stands in the result", Dns),
    ];

    private static string With(Trial trial, string key, string? value)
    {
        var configuration = trial.Configuration();
        configuration[key] = value;
        if (value is null)
        {
            configuration.Remove(key);
        }

        return configuration.ToJsonString();
    }

    private static void Refuses(Trial trial, string input, params int[] codes)
    {
        using var container = trial.Container();
        RequireError(trial.Send(CniRequest.For("ADD", container, input)), codes);
        Require(!trial.Node.HostEnds.Any(), "a link was left on the host");
    }

    private static void Tolerates(Trial trial)
    {
        using var container = trial.Container();
        var configuration = trial.Configuration();
        configuration["args"] = new JsonObject { ["cni"] = new JsonObject { ["anything"] = "at all" } };
        configuration["runtimeConfig"] = new JsonObject { ["somethingElse"] = new JsonArray(1, 2) };
        configuration["cni.dev/future"] = true;
        trial.Add(container, configuration);
    }

    private static void Dns(Trial trial)
    {
        using var container = trial.Container();
        var configuration = trial.Configuration();
        configuration["dns"] = new JsonObject { ["nameservers"] = new JsonArray("10.1.0.53"), ["domain"] = "example.net" };
        var result = trial.Add(container, configuration);
        Require(result.TryGetProperty("dns", out var dns) && dns.GetRawText().Contains("10.1.0.53", StringComparison.Ordinal), $"the result has no such name server: {result}");
    }
}
