using System.Diagnostics;
using Overlay.TestKit.Agents;
using Overlay.TestKit.Namespaces;
using Overlay.TestKit.Traffic;
using static Overlay.Benchmarks.Scenarios.Figures;

namespace Overlay.Benchmarks.Scenarios;

/// <summary>How long the overlay stays broken when somebody breaks it, with 100 peers and traffic.</summary>
internal static class RepairScenario
{
    private const int Rounds = 10;
    private const int Peers = 100;
    private const double Limit = 200;

    private static readonly Cause[] _causes =
    [
        new("`ip link delete flannel.1`", "link", agent => agent.RunAsync("ip link delete flannel.1")),
        new("`ip link set flannel.1 down`", "link", agent => agent.RunAsync("ip link set flannel.1 down")),
        new("its routes flushed", "route", agent => agent.RunAsync("ip route flush dev flannel.1")),
        new("its neighbours flushed", "neighbour", agent => agent.RunAsync("ip neighbour flush dev flannel.1 nud permanent")),
        new("its FDB flushed", "fdb", agent => agent.RunAsync("bridge fdb flush dev flannel.1")),
        new("another MAC address", "link", agent => agent.RunAsync("ip link set flannel.1 address 02:aa:aa:aa:aa:aa")),
        new("`nft flush ruleset`", "firewall", agent => agent.RunAsync("nft flush ruleset")),
        new("underlay down and up", null, agent =>
        {
            agent.Host.SetUnderlay(isUp: false);
            agent.Host.SetUnderlay(isUp: true);
            return Task.CompletedTask;
        }),
    ];

    public static async Task<Outcome> RunAsync()
    {
        var rows = new List<string>();
        var claims = new List<Claim>();
        foreach (var cause in _causes)
        {
            var (times, counted) = await MeasureAsync(cause);
            rows.Add($"| {cause.Name} | {Milliseconds(Median(times))} | {Milliseconds(times.Max())} | {(cause.Kind is null ? "nothing of ours was changed" : $"{counted} of {Rounds}")} |");
            Console.WriteLine(rows[^1]);
            claims.Add(new Claim($"{cause.Name}: whole again, median of {Rounds}", Median(times), Limit, "ms"));
            if (cause.Kind is not null)
            {
                claims.Add(new Claim($"{cause.Name}: rounds that `/metrics` did not count", Rounds - counted, 0, "rounds"));
            }
        }

        return new Outcome(
            $"""
            A host with {Peers} peers and 1,000 packets a second from its workload to that of a peer. Whole means that the device has its address, MAC, MTU and is up, that all routes,
            neighbours and forwarding entries stand, that the firewall's rules are listed as before, and that packets arrive. Measured from the moment when the command that breaks it has
            ended (for the underlay: when it is up again).

            | cause | whole again, median | most | counted in `overlay_repairs_total` |
            |---|---:|---:|---|
            {string.Join('\n', rows)}
            """,
            claims);
    }

    // Each cause has hosts of its own: the same entries broken by all causes in a row would look like a fight, in which the reconciler holds back.
    private static async Task<(List<double> Times, int Counted)> MeasureAsync(Cause cause)
    {
        await using var lab = new AgentLab(new TestTopologyOptions { Hosts = 2 });
        lab.Configure(VxlanPeers.Configuration, "--ip-masq");
        await VxlanPeers.SeedAsync(lab, Peers - 1);
        await lab.StartAllAsync(CancellationToken.None);
        var workloads = lab.Agents.Select(agent => agent.AddWorkload()).ToArray();
        using var traffic = TrafficProbe.Start(workloads[0].Namespace, workloads[1].Namespace, workloads[1].Addresses.IPv4!);
        await traffic.WaitForTrafficAsync(TimeSpan.FromSeconds(10));

        var agent = lab.Agents[0];
        var whole = await Picture.TakeAsync(agent);
        var (times, counted) = (new List<double>(), 0);
        for (var round = 0; round < Rounds; round++)
        {
            var before = agent.Metric("overlay_repairs_total", cause.Tag);
            await cause.Break(agent);
            times.Add(await TimeUntilAsync(agent, whole, traffic));
            counted += cause.Kind is not null && await IsCountedAsync(agent, cause, before) ? 1 : 0;
        }

        return (times, counted);
    }

    private static async Task<double> TimeUntilAsync(AgentHost agent, Picture whole, TrafficProbe traffic)
    {
        var watch = Stopwatch.StartNew();
        var arrival = traffic.WaitForArrivalAsync(TimeSpan.FromSeconds(20));
        while (await Picture.TakeAsync(agent) != whole)
        {
            if (watch.Elapsed.TotalSeconds > 20)
            {
                throw new TimeoutException($"wanted {whole}\nfound {await Picture.TakeAsync(agent)}\n{agent.Process.Output}");
            }
        }

        await arrival;
        return watch.Elapsed.TotalMilliseconds;
    }

    private static async Task<bool> IsCountedAsync(AgentHost agent, Cause cause, double before)
    {
        try
        {
            await Deadline.UntilAsync(() => agent.Metric("overlay_repairs_total", cause.Tag) > before, () => "", CancellationToken.None, seconds: 2);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private sealed record Cause(string Name, string? Kind, Func<AgentHost, Task> Break)
    {
        public string Tag => Kind is null ? "" : $"kind=\"{Kind}\"";
    }

    /// <summary>What has to be as it was.</summary>
    private sealed record Picture(string Device, string Addresses, (int Routes, int Neighbours, int Forwardings) Entries, string Rules)
    {
        public static async Task<Picture> TakeAsync(AgentHost agent)
        {
            var kernel = agent.Host.Route;
            var link = kernel.FindLink("flannel.1");
            return new Picture(
                $"{link?.Mac} {link?.Mtu} {link?.Flags}",
                link is null ? "" : string.Join(' ', kernel.ListAddresses(link.Index).Select(address => $"{address.Address}").Order(StringComparer.Ordinal)),
                VxlanPeers.Count(kernel),
                await agent.RunAsync("nft --stateless list ruleset"));
        }
    }
}
