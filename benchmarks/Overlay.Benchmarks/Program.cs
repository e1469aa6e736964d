using BenchmarkDotNet.Running;
using Overlay.Benchmarks.Micro;
using Overlay.Benchmarks.Scenarios;
using Overlay.Benchmarks.Scenarios.Throughput;

if (args[0] == EtcdWriter.Verb)
{
    return await EtcdWriter.RunAsync(args[1..]);
}

// benchmarks/run gives: NAME RESULTS-FOLDER [--check]
var (name, results) = (args[0], args[1]);
var isCheck = args.Contains("--check");

Type[] micro = name switch
{
    "netlink" => [typeof(NetlinkWriting), typeof(NetlinkReading)],
    "planning" => [typeof(Planning), typeof(Diffing)],
    "allocation" => [typeof(Allocation)],
    "wireguard-aead" => [typeof(AeadSealing)],
    "wireguard-protocol" => [typeof(HandshakeExchange), typeof(ReplayWindowAccept), typeof(TransportPath)],
    "wireguard-routing" => [typeof(AllowedIpsLookup)],
    "heartbeat" => [typeof(Heartbeat)],
    _ => [],
};
if (micro.Length > 0)
{
    var artifacts = Directory.CreateTempSubdirectory("ovbench-").FullName;
    var summary = BenchmarkRunner.Run(micro, MicroConfig.Create(artifacts)).ToArray();
    var table = Directory.EnumerateFiles(artifacts, "*.md", SearchOption.AllDirectories).Select(File.ReadAllText);
    ResultFile.Write(results, name, string.Join('\n', table));
    Directory.Delete(artifacts, recursive: true);
    return summary.All(run => run.HasCriticalValidationErrors || run.Reports.Length == 0) ? 1 : 0;
}

Func<Task<Outcome>>? scenario = name switch
{
    "apply" => ApplyScenario.RunAsync,
    "memory" => MemoryScenario.RunAsync,
    "repair" => RepairScenario.RunAsync,
    "restart" => RestartScenario.RunAsync,
    "race" => RaceScenario.RunAsync,
    "cni" => CniScenario.RunAsync,
    "etcd" => EtcdScenario.RunAsync,
    "etcd-follow" => EtcdScenario.RunFollowAsync,
    "start" => StartScenario.RunAsync,
    "wireguard-throughput" => ThroughputScenario.RunBothAsync,
    "wireguard-throughput-veth" => ThroughputScenario.RunVethAsync,
    "wireguard-allocation" => GarbageScenario.RunAsync,
    "wireguard-throughput-wire" => ThroughputScenario.RunWireAsync,
    _ => null,
};
if (scenario is null)
{
    return 2;
}

var outcome = await scenario();
ResultFile.Write(results, name, outcome.Text);
Console.WriteLine();
Console.WriteLine(outcome.Text);
return isCheck && outcome.Claims.Any(claim => !claim.Holds) ? 1 : 0;
