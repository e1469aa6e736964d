using System.Diagnostics;
using System.Net.Sockets;
using Overlay.TestKit.Agents;
using static Overlay.Benchmarks.Scenarios.Figures;

namespace Overlay.Benchmarks.Scenarios;

/// <summary>How soon overlayd answers after its start, and what it holds with a thousand peers, on each store.</summary>
internal static class StartScenario
{
    private const int Rounds = 10;
    private const int MemoryRounds = 3;
    private const int Peers = 1_000;

    public static async Task<Outcome> RunAsync()
    {
        var rows = new List<string>();
        var claims = new List<Claim>();
        foreach (var create in StoreLab.All)
        {
            var (store, starts) = await StartAsync(create);
            var memory = await HoldAsync(create);
            rows.Add(
                $"| {store} | {Milliseconds(Median(starts.Select(start => start.Answer)))} | {Milliseconds(Median(starts.Select(start => start.Ready)))} "
                + $"| {Milliseconds(Median(starts.Select(start => start.Spent)))} | {Megabytes(Median(memory.Select(held => held.Ready)))} | {Megabytes(Median(memory.Select(held => held.Settled)))} | {Megabytes(memory.Max(held => held.Peak))} |");
            Console.WriteLine(rows[^1]);
            claims.Add(new Claim($"{store}: start to the first answer of /healthz, median of {Rounds}", Median(starts.Select(start => start.Answer)), 100, "ms"));
            claims.Add(new Claim($"{store}: 1,000 peers, resident memory, the worst of all starts when ready and settled", memory.Max(held => Math.Max(held.Ready, held.Settled)) / 1_000_000, 40, "MB"));
        }

        return new Outcome(
            $"""
            overlayd (NativeAOT) on one host without peers: from before the process exists (`nsenter`, which it begins as, included) to the first answer of `/healthz`, and of `/readyz` with 200;
            the processor time until then, its children (`nft`, `iptables`) not counted. Medians of {Rounds} starts behind one that does not count. VmRSS with {Peers:N0} peers when ready, and five seconds later: medians of
            {MemoryRounds} starts; the peak (VmHWM) is the highest of all. The API server is the tests' double.

            | store | answers | ready | processor time | 1,000 peers: VmRSS when ready | settled | peak |
            |---|---:|---:|---:|---:|---:|---:|
            {string.Join('\n', rows)}
            """,
            claims);
    }

    private static async Task<(string Store, List<(double Answer, double Ready, double Spent)> Starts)> StartAsync(Func<Task<StoreLab>> create)
    {
        await using var lab = await create();
        var starts = new List<(double, double, double)>();
        for (var round = 0; round <= Rounds; round++)
        {
            var watch = Stopwatch.StartNew();
            lab.Agent.Start();
            await WaitForAsync(lab.Agent, "/healthz");
            var answer = watch.Elapsed.TotalMilliseconds;
            await WaitForAsync(lab.Agent, "/readyz");
            starts.Add((answer, watch.Elapsed.TotalMilliseconds, ProcessorTime.Of(lab.Agent.Process.Id).TotalMilliseconds));
            await lab.Agent.StopAsync();
        }

        // The first has read the files from the disk, and made the store and the device.
        return (lab.Store, starts[1..]);
    }

    private static async Task<List<(double Ready, double Settled, double Peak)>> HoldAsync(Func<Task<StoreLab>> create)
    {
        await using var lab = await create();
        await lab.SeedAsync(Peers);
        var held = new List<(double, double, double)>();
        for (var round = 0; round < MemoryRounds; round++)
        {
            await lab.Agent.StartReadyAsync(CancellationToken.None, seconds: 120);
            if (VxlanPeers.Count(lab.Agent.Host.Route).Routes is var routes && routes != Peers)
            {
                throw new InvalidOperationException($"{Peers} peers need as many routes; the kernel has {routes}.");
            }

            double ready = lab.Agent.ResidentBytes;
            await Task.Delay(TimeSpan.FromSeconds(5));
            held.Add((ready, lab.Agent.ResidentBytes, lab.Agent.PeakResidentBytes));
            await lab.Agent.StopAsync();
        }

        return held;
    }

    // No HTTP client: what it costs would be measured, too.
    private static async Task WaitForAsync(AgentHost agent, string page)
    {
        var request = System.Text.Encoding.ASCII.GetBytes($"GET {page} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        var answer = new byte[64];
        await Deadline.UntilAsync(() => TryAsk() == "200", () => agent.Process.Output, CancellationToken.None, everyMilliseconds: 1);

        string TryAsk()
        {
            if (!File.Exists(agent.ControlSocket))
            {
                return "";
            }

            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                socket.Connect(new UnixDomainSocketEndPoint(agent.ControlSocket));
                socket.Send(request);
                // "HTTP/1.1 200 OK"
                var length = socket.Receive(answer);
                return length < 12 ? "" : System.Text.Encoding.ASCII.GetString(answer, 9, 3);
            }
            catch (SocketException)
            {
                return "";
            }
        }
    }
}
