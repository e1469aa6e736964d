using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Overlay.TestKit.Cni;
using Xunit;

namespace Overlay.Cni.Tests.Crash;

/// <summary>kill -9 before every system call after the first open of the state: a retry, or garbage collection, leaves nothing lost and nothing double.</summary>
[Trait("Needs", "root")]
[Trait("Speed", "slow")]
public sealed class CrashTests
{
    private const int Lanes = 3;

    /// <summary>The points that a run must try, all paths together.</summary>
    private const int LeastPoints = 200;

    /// <summary>What the plugin does by itself, but for what it has nft do.</summary>
    private static readonly JsonObject _own = new()
    {
        ["delegate"] = new JsonObject { ["isDefaultGateway"] = true },
        ["runtimeConfig"] = JsonNode.Parse("""{"bandwidth":{"ingressRate":8000000,"ingressBurst":800000,"egressRate":4000000,"egressBurst":800000}}"""),
    };

    private static readonly JsonObject _masquerading = new()
    {
        ["delegate"] = new JsonObject { ["isDefaultGateway"] = true, ["ipMasq"] = true },
    };

    private static readonly JsonObject _delegate = new()
    {
        ["delegate"] = new JsonObject { ["type"] = "bridge", ["isDefaultGateway"] = true },
        ["ipam"] = new JsonObject { ["type"] = "host-local" },
    };

    [Fact]
    public void AddAndDel_KilledAnywhere_NothingIsLostOrDouble()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        // Where others work, not every point: nft makes some two hundred calls, and the reference plugins' runtime more than a thousand.
        var tried = Try("ADD", "own", _own, every: 1) + Try("DEL", "own", _own, every: 1) + Try("ADD", "masquerading", _masquerading, every: 9)
            + Try("ADD", "delegating", _delegate, every: 11) + Try("DEL", "delegating", _delegate, every: 11);

        TestContext.Current.TestOutputHelper?.WriteLine($"{tried} points");
        Assert.True(tried >= LeastPoints, $"only {tried} points were tried");
    }

    /// <summary>host-local makes an address's file, and then writes into it whose the address is; what it was killed between, it never frees itself.</summary>
    [Fact]
    public void Add_HostLocalKilledBeforeItWritesTheOwner_AddressIsFreed()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        using var node = new CrashNode(_delegate);
        using var container = new CniContainer();

        // Only the calls on the address's file count.
        var file = node.NextHostLocalFile;
        var killed = new CniDriver(node.Driver) { Launcher = ["strace", "-f", "-o", "/dev/null", "-P", file, "-e", "trace=write", "-e", "inject=write:signal=SIGKILL:when=1"] }
            .Call(node.Request("ADD", container));

        Assert.False(killed.IsSuccess);
        Assert.False(File.Exists(file));
        Assert.Null(node.FindFault());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void HostLocalAndThePluginWereKilled_AddressIsFreedLater(bool isCollected)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        using var node = new CrashNode(_delegate);
        using var container = new CniContainer();
        var file = node.NextHostLocalFile;
        Assert.True(node.Send("ADD", container).IsSuccess);
        File.WriteAllText(file, "");
        if (isCollected)
        {
            // The runtime has forgotten the container; its namespace is gone.
            container.Dispose();
        }

        Assert.True((isCollected ? node.Collect() : node.Send("DEL", container)).IsSuccess);

        Assert.False(File.Exists(file));
        Assert.Null(node.FindFault());
    }

    private static int Try(string command, string path, JsonObject extra, int every)
    {
        var points = RecordPoints(command, extra).Where((_, i) => i % every == 0).ToList();
        var (next, log, faults) = (-1, new ConcurrentQueue<string>(), new ConcurrentQueue<string>());
        Parallel.For(0, Lanes, new ParallelOptions { MaxDegreeOfParallelism = Lanes }, _ =>
        {
            var node = new CrashNode(extra);
            while (Interlocked.Increment(ref next) is var i && i < points.Count && faults.Count < 5)
            {
                var (outcome, fault) = TryOne(node, command, points[i], isCollected: i % 2 == 1);
                log.Enqueue($"{command} killed before {points[i]}: {outcome}");
                if (fault is not null)
                {
                    faults.Enqueue($"{command}, {path}, killed before {points[i]}, then {outcome}: {fault}");
                    node.Dispose();
                    node = new CrashNode(extra);
                }
            }

            node.Dispose();
        });

        File.WriteAllLines(Path.Combine(AppContext.BaseDirectory, $"crash-points-{command}-{path}.txt"), log.Order(StringComparer.Ordinal));
        Assert.True(faults.IsEmpty, string.Join('\n', faults));
        return log.Count;
    }

    private static IReadOnlyList<CrashPoint> RecordPoints(string command, JsonObject extra)
    {
        using var node = new CrashNode(extra);
        using var container = new CniContainer();
        if (command == "DEL")
        {
            Assert.True(node.Send("ADD", container).IsSuccess);
        }

        return CrashPoint.Record(node.Driver, node.Request(command, container), node.State);
    }

    private static (string Outcome, string? Fault) TryOne(CrashNode node, string command, CrashPoint point, bool isCollected)
    {
        using var container = new CniContainer();
        if (command == "DEL" && node.Send("ADD", container) is { IsSuccess: false } refusal)
        {
            return ("no ADD", refusal.ToString());
        }

        var killed = point.Arm(node.Driver).Call(node.Request(command, container));
        var outcome = killed.Status >= 128 ? "killed" : $"ended with {killed.Status}";
        if (isCollected)
        {
            // The runtime has forgotten the container; its namespace is gone.
            container.Dispose();
            var collected = node.Collect();
            return ($"{outcome}, garbage collected", collected.IsSuccess ? node.FindFault() : $"GC: {collected}");
        }

        foreach (var retry in command == "ADD" ? new[] { "DEL", "ADD", "DEL" } : ["DEL"])
        {
            if (node.Send(retry, container) is { IsSuccess: false } failure)
            {
                return ($"{outcome}, retried", $"{retry}: {failure}");
            }
        }

        return ($"{outcome}, retried", node.FindFault());
    }
}
