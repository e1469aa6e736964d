using System.Globalization;
using Overlay.TestKit.Agents;
using Overlay.TestKit.Etcd;
using Overlay.TestKit.Namespaces;
using Overlay.TestKit.Processes;
using static Overlay.Benchmarks.Scenarios.Figures;

namespace Overlay.Benchmarks.Scenarios;

/// <summary>overlayd on a real etcd: the start with 10,000 leases, 1,000 changes a second, and how soon it is up to date after an outage.</summary>
internal static class EtcdScenario
{
    private const int Leases = 10_000;
    private const int Changes = 5_000;
    private const int ChangesPerSecond = 1_000;
    private const int Outages = 5;

    public static async Task<Outcome> RunAsync()
    {
        var (few, many) = (await StartAsync(10), await StartAsync(Leases));
        Console.WriteLine(few.Row + "\n" + many.Row);
        var following = await FollowAsync();
        var (killed, cut) = await ReturnAsync();
        return new Outcome(
            FormattableString.Invariant(
            $"""
            overlayd (NativeAOT) on one host, one real etcd 3.4 beside it.

            | leases | start to last kernel entry | requests to etcd | VmRSS when ready | peak |
            |---:|---:|---|---:|---:|
            {few.Row}
            {many.Row}

            {following.Text}

            From etcd's return to the route of a lease that was written meanwhile or at once: after etcd was killed and started again {Milliseconds(Median(killed))} (median), {Milliseconds(killed.Max())}
            (most of {Outages}); after the network to it was cut until the agent had noticed {Milliseconds(Median(cut))} (median), {Milliseconds(cut.Max())} (most of {Outages}).
            """),
            [
                new Claim("requests to etcd at the start with 10,000 leases, beyond those with 10", many.Calls - few.Calls, 0, "requests"),
                new Claim("LeaseTimeToLive requests", many.TimeToLives, 0, "requests"),
                following.Claim,
                new Claim("etcd killed and started again: up to date after its return, the most", killed.Max(), 2_000, "ms"),
                new Claim("network to etcd cut: up to date after its return, the most", cut.Max(), 2_000, "ms"),
            ]);
    }

    /// <summary>The changes alone.</summary>
    public static async Task<Outcome> RunFollowAsync()
    {
        var (text, claim) = await FollowAsync();
        return new Outcome(text, [claim]);
    }

    private static async Task<(string Row, long Calls, long TimeToLives)> StartAsync(int leases)
    {
        await using var lab = await OpenAsync();
        await WriteAsync(lab, 0, leases, 0);
        var (agent, before) = (lab.Agents[0], await lab.Cluster.CallsAsync());
        var watch = System.Diagnostics.Stopwatch.StartNew();
        await agent.StartReadyAsync(CancellationToken.None, seconds: 120);
        var elapsed = watch.Elapsed.TotalMilliseconds;
        if (VxlanPeers.Count(agent.Host.Route).Routes != leases)
        {
            throw new InvalidOperationException($"The kernel has {VxlanPeers.Count(agent.Host.Route)} entries of {leases}.");
        }

        var after = await lab.Cluster.CallsAsync();
        var calls = after.Select(call => (call.Key, Count: call.Value - before.GetValueOrDefault(call.Key))).Where(call => call.Count > 0).OrderBy(call => call.Key, StringComparer.Ordinal).ToArray();
        return (
            $"| {leases:N0} | {Milliseconds(elapsed)} | {string.Join(", ", calls.Select(call => $"{call.Count} {call.Key}"))} | {Megabytes(agent.ResidentBytes)} | {Megabytes(agent.PeakResidentBytes)} |",
            calls.Sum(call => call.Count),
            after.GetValueOrDefault("LeaseTimeToLive"));
    }

    private static async Task<(string Text, Claim Claim)> FollowAsync()
    {
        await using var lab = await OpenAsync();
        await WriteAsync(lab, 0, Leases, 0);
        var agent = lab.Agents[0];
        await agent.StartReadyAsync(CancellationToken.None, seconds: 120);
        await using var monitor = ChildProcess.Start(agent.Host.Name, "ip", ["-ts", "monitor", "route"]);
        var (spentByAgent, spentByEtcd) = (ProcessorTime.Of(agent.Process.Id), ProcessorTime.Of(lab.Cluster.Members[0].Process.Id));
        var written = await WriteAsync(lab, Leases, Changes, ChangesPerSecond);
        await Deadline.UntilAsync(() => VxlanPeers.Count(agent.Host.Route).Routes == Leases + Changes, () => agent.Process.Output, CancellationToken.None, seconds: 60, everyMilliseconds: 200);
        (spentByAgent, spentByEtcd) = (ProcessorTime.Of(agent.Process.Id) - spentByAgent, ProcessorTime.Of(lab.Cluster.Members[0].Process.Id) - spentByEtcd);
        // "[2026-11-25T23:00:00.123456] 10.40.17.0/24 via ..."
        var seen = monitor.Lines.Select(line => line.Split(' ')).Where(words => words.Length > 2 && words[0].StartsWith('[') && words[1].Contains('/', StringComparison.Ordinal))
            .ToLookup(words => words[1], words => DateTimeOffset.Parse(words[0].Trim('[', ']'), CultureInfo.InvariantCulture, DateTimeStyles.AssumeLocal).ToUnixTimeMilliseconds());
        List<double> lags = [.. written.Acknowledged.Select(write => (Seen: seen[SamplePeer.At(write.Number).Subnet.ToString()], write.At)).Where(write => write.Seen.Any()).Select(write => (double)Math.Max(0, write.Seen.First() - write.At))];
        var text = FormattableString.Invariant(
            $"""
            {ChangesPerSecond} new leases a second for {Changes / ChangesPerSecond} s beside {Leases:N0}: from etcd's acknowledgement to the kernel's route {Milliseconds(Median(lags))} (median), {Milliseconds(Percentile(lags, 99))}
            (99 %), {Milliseconds(lags.Max())} (most of {lags.Count}). Processor time meanwhile: overlayd {spentByAgent.TotalSeconds:0.00} s, etcd {spentByEtcd.TotalSeconds:0.00} s, whoever wrote {written.Spent.TotalSeconds:0.00} s.
            """);
        Console.WriteLine(text);
        return (text, new Claim("1,000 changes a second: lag, the most", lags.Max(), 1_000, "ms"));
    }

    private static async Task<(List<double> Killed, List<double> Cut)> ReturnAsync()
    {
        var (killed, cut) = (new List<double>(), new List<double>());
        await using var lab = await OpenAsync();
        await lab.Agents[0].StartReadyAsync(CancellationToken.None);
        for (var round = 0; round < Outages; round++)
        {
            await lab.Cluster.Members[0].KillAsync();
            await WaitForFaultAsync(lab.Agents[0]);
            lab.Cluster.Restart(lab.Cluster.Members[0]);
            await lab.Cluster.WaitUntilServingAsync();
            killed.Add(await TimeRouteAsync(lab, 100 + round, () => WriteAsync(lab, 100 + round, 1, 0)));

            await lab.CutAsync(true);
            await WriteAsync(lab, 200 + round, 1, 0);
            await WaitForFaultAsync(lab.Agents[0]);
            cut.Add(await TimeRouteAsync(lab, 200 + round, () => lab.CutAsync(false)));
        }

        return (killed, cut);
    }

    private static Task<TimeSpan> WaitForFaultAsync(AgentHost agent) =>
        Deadline.UntilAsync(() => agent.Metric("overlay_store_reachable") == 0, () => agent.Process.Output, CancellationToken.None, seconds: 60, everyMilliseconds: 50);

    private static async Task<double> TimeRouteAsync(EtcdLab lab, int number, Func<Task> begin)
    {
        var subnet = SamplePeer.At(number).Subnet.ToString();
        var watch = System.Diagnostics.Stopwatch.StartNew();
        await begin();
        await Deadline.UntilAsync(
            () => Tool.RunAsync(lab.Agents[0].Host.Name, $"ip route show {subnet}").GetAwaiter().GetResult().Length > 0, () => lab.Agents[0].Process.Output, CancellationToken.None, seconds: 60);
        return watch.Elapsed.TotalMilliseconds;
    }

    private static Task<EtcdLab> OpenAsync() => EtcdLab.StartAsync(new TestTopologyOptions { Hosts = 1 }, VxlanPeers.Configuration);

    private static Task<EtcdWriter.Report> WriteAsync(EtcdLab lab, int first, int count, int perSecond) =>
        EtcdWriter.StartAsync(lab.Lab.Topology.NetworkName, lab.Cluster.Endpoints, first, count, perSecond);
}
