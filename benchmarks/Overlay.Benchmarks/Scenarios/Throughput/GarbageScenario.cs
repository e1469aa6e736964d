using System.Globalization;
using Overlay.Core.Addressing;
using Overlay.Linux.Namespaces;
using Overlay.TestKit.Agents;
using Overlay.TestKit.Namespaces;
using Overlay.TestKit.Processes;
using Overlay.TestKit.WireGuard;
using Overlay.WireGuard.Control;
using Overlay.WireGuard.Device;
using Overlay.WireGuard.Protocol.Keys;

namespace Overlay.Benchmarks.Scenarios.Throughput;

/// <summary>What the userspace device allocates while packets flow: two devices in this process, iperf3 between them.</summary>
internal static class GarbageScenario
{
    private const int WarmUpSeconds = 2;
    private const int Seconds = 4;

    /// <summary>The traffic, its iperf3 options, and the length of the message that carries one of its packets.</summary>
    private static readonly (string Name, string Options, int MessageBytes)[] _courses =
    [
        ("TCP 1", "", 1452),
        ("UDP 64 B", "-u -b 0 -l 64 -w 4M", 128),
        ("UDP 1372 B", "-u -b 0 -l 1372 -w 4M", 1440),
    ];

    public static async Task<Outcome> RunAsync()
    {
        var (leftName, left) = TestNamespaces.Create("left");
        var (rightName, right) = TestNamespaces.Create("right");
        using (left)
        using (right)
        {
            await Tool.RunAsync(leftName, $"ip link add eth0 type veth peer name eth0 netns {rightName}");
            await using var a = await OpenAsync(left, leftName, 1);
            await using var b = await OpenAsync(right, rightName, 2);
            await IntroduceAsync(a, b, 2);
            await IntroduceAsync(b, a, 1);
            await Tool.RunAsync(leftName, "ping -c 2 -W 10 10.1.0.2");
            await using var server = ChildProcess.Start(rightName, "iperf3", ["-s"]);

            var (rows, claims) = (new List<string>(), new List<Claim>());
            foreach (var (name, options, messageBytes) in _courses)
            {
                var (bytes, messages) = await MeasureAsync(leftName, a, options, messageBytes);
                rows.Add(string.Create(CultureInfo.InvariantCulture, $"| {name} | {messages:N0} | {bytes:N0} | {bytes / messages:0.0000} |"));
                Console.WriteLine(rows[^1]);
                claims.Add(new Claim($"{name}: bytes allocated per message", bytes / messages, 0.01, "B"));
            }

            return new Outcome(
                $"""
                Two userspace devices in one process, `iperf3` from one to the other; what the whole process has allocated in {Seconds} s after a start of {WarmUpSeconds} s, and the messages that one
                device sent and that the other received in that time.

                | traffic | messages | bytes allocated | bytes per message |
                |---|---:|---:|---:|
                {string.Join('\n', rows)}
                """,
                claims);
        }
    }

    private static async Task<(double Bytes, double Messages)> MeasureAsync(string leftName, UserspaceDevice device, string options, int messageBytes)
    {
        var words = string.Create(CultureInfo.InvariantCulture, $"-c 10.1.0.2 -J -t {WarmUpSeconds + Seconds + 2} {options}");
        await using var client = ChildProcess.Start(leftName, "iperf3", words.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        await Task.Delay(TimeSpan.FromSeconds(WarmUpSeconds));
        var sent = await SentAsync(device);
        var before = GC.GetTotalAllocatedBytes(precise: true);
        await Task.Delay(TimeSpan.FromSeconds(Seconds));
        var after = GC.GetTotalAllocatedBytes(precise: true);
        sent = await SentAsync(device) - sent;
        await client.WaitForExitAsync(TimeSpan.FromSeconds(30));
        return sent > 10_000_000 ? (after - before, (double)sent / messageBytes) : throw new InvalidOperationException($"There was no traffic:\n{client.Output}");
    }

    private static async Task<UserspaceDevice> OpenAsync(NetworkNamespace place, string placeName, int number)
    {
        await Tool.RunAsync(placeName, "ip link set lo up");
        await Tool.RunAsync(placeName, $"ip address add 10.0.0.{number}/24 dev eth0");
        await Tool.RunAsync(placeName, "ip link set eth0 up");
        var name = WireGuardInterface.NewName();
        var device = place.Run(() => UserspaceDevice.Open(name));
        using var key = PrivateKey.Generate();
        await device.ConfigureAsync(new WireGuardChange { PrivateKey = key, ListenPort = 51820 }, CancellationToken.None);
        await Tool.RunAsync(placeName, $"ip address add 10.1.0.{number}/24 dev {name}");
        await Tool.RunAsync(placeName, $"ip link set {name} txqueuelen 5000 up");
        return device;
    }

    private static async Task IntroduceAsync(UserspaceDevice to, UserspaceDevice peer, int number)
    {
        using var state = await peer.ReadAsync(CancellationToken.None);
        var change = new WireGuardPeerChange(state.PublicKey!.Value)
        {
            Endpoint = new System.Net.IPEndPoint(System.Net.IPAddress.Parse($"10.0.0.{number}"), 51820),
            AllowedIps = [new AllowedIpChange(InetPrefix.Parse($"10.1.0.{number}/32"))],
        };
        await to.ConfigureAsync(new WireGuardChange { Peers = [change] }, CancellationToken.None);
    }

    private static async Task<long> SentAsync(UserspaceDevice device)
    {
        using var state = await device.ReadAsync(CancellationToken.None);
        return state.Peers[0].SentBytes;
    }
}
