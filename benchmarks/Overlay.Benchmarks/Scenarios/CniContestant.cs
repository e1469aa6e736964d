using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Overlay.TestKit.Cni;
using Overlay.TestKit.Namespaces;

namespace Overlay.Benchmarks.Scenarios;

/// <summary>A plugin on a host of its own, with workloads attached.</summary>
internal sealed partial class CniContestant : IDisposable
{
    private readonly CniNode _node = new();
    private readonly CniDriver _driver;
    private readonly string _input;
    private int _present;

    private CniContestant(string program, string searchPath, Func<CniNode, JsonObject> configure)
    {
        _driver = new CniDriver(_node.Namespace, program, searchPath);
        var configuration = configure(_node);
        configuration["cniVersion"] = "1.0.0";
        configuration["name"] = "benchmark";
        _input = configuration.ToJsonString();
    }

    public static CniContestant Overlay() => new(CniBinaries.Overlay, CniBinaries.SearchPath, node => new JsonObject
    {
        ["type"] = "overlay-cni",
        ["subnetFile"] = node.WriteSubnetFile("10.1.16.1/22"),
        ["dataDir"] = Path.Combine(node.Folder, "data"),
        ["delegate"] = new JsonObject { ["hairpinMode"] = true, ["isDefaultGateway"] = true },
    });

    /// <summary>What flannel's plugin hands to the reference plugins (flannel-facts 8.7), without flannel's own process on top.</summary>
    public static CniContestant Reference() => new(Path.Combine(CniBinaries.Reference, "bridge"), CniBinaries.Reference, node => new JsonObject
    {
        ["type"] = "bridge",
        ["bridge"] = "cni0",
        ["hairpinMode"] = true,
        ["isDefaultGateway"] = true,
        ["ipMasq"] = false,
        ["mtu"] = 1450,
        ["ipam"] = new JsonObject
        {
            ["type"] = "host-local",
            ["dataDir"] = Path.Combine(node.Folder, "data"),
            ["ranges"] = new JsonArray(new JsonArray(new JsonObject { ["subnet"] = "10.1.16.0/22" })),
            ["routes"] = new JsonArray(new JsonObject { ["dst"] = "10.1.0.0/16" }),
        },
    });

    /// <summary>Attaches workloads until so many are.</summary>
    public void Fill(int count)
    {
        for (; _present < count; _present++)
        {
            Require(_driver.Call(CniRequest.For("ADD", _node.AddContainer(), _input)));
        }
    }

    /// <summary>One workload comes and goes; milliseconds.</summary>
    public (double Add, double Delete) AddAndDelete()
    {
        using var container = new CniContainer();
        var times = (Time("ADD", container), Time("DEL", container));
        WaitForRest();
        return times;
    }

    /// <summary>Several workloads come at once, and then go at once.</summary>
    public IEnumerable<(double Add, double Delete)> AddAndDelete(int count)
    {
        var containers = Enumerable.Range(0, count).Select(_ => new CniContainer()).ToArray();
        var (adds, deletes) = (new double[count], new double[count]);
        TimeAll("ADD", containers, adds);
        TimeAll("DEL", containers, deletes);
        WaitForRest();
        foreach (var container in containers)
        {
            container.Dispose();
        }

        return adds.Zip(deletes);
    }

    /// <summary>The most memory that the largest process of an ADD held, in bytes.</summary>
    public double PeakBytes()
    {
        using var container = new CniContainer();
        var timed = new CniDriver(_driver) { Launcher = ["busybox", "time", "-v"] };
        var answer = Require(timed.Call(CniRequest.For("ADD", container, _input)));
        Time("DEL", container);
        return 1024 * double.Parse(Peak().Match(answer.Errors).Groups[1].Value, CultureInfo.InvariantCulture);
    }

    public void Dispose() => _node.Dispose();

    // A DEL may leave work to the kernel, which holds its lock on all namespaces' links meanwhile: nobody else shall pay for that.
    private void WaitForRest() => KernelWatch.Until(_node.Namespace, route => route.ListLinks("veth").Count == _present, TimeSpan.FromSeconds(30));

    private void TimeAll(string command, CniContainer[] containers, double[] times)
    {
        // A thread each: the pool would start them one after the other.
        var threads = containers.Select((container, i) => new Thread(() => times[i] = Time(command, container))).ToArray();
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
    }

    private double Time(string command, CniContainer container) => Require(_driver.Call(CniRequest.For(command, container, _input))).Duration.TotalMilliseconds;

    private static CniAnswer Require(CniAnswer answer) => answer.IsSuccess ? answer : throw new InvalidOperationException($"The plugin failed: {answer}");

    [GeneratedRegex(@"Maximum resident set size \(kbytes\): (\d+)")]
    private static partial Regex Peak();
}
