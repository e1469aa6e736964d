using System.Globalization;
using Overlay.Linux.Namespaces;
using Overlay.TestKit.Agents;
using Overlay.TestKit.Namespaces;
using Overlay.TestKit.Processes;
using Overlay.TestKit.WireGuard;

namespace Overlay.Benchmarks.Scenarios.Throughput;

/// <summary>Two namespaces, one cable (veth, MTU 1500) between them, and all contenders over it side by side: those that are not measured are idle.</summary>
internal sealed class ThroughputLab : IAsyncDisposable
{
    private readonly (string Name, NetworkNamespace Namespace) _left = TestNamespaces.Create("left");
    private readonly (string Name, NetworkNamespace Namespace) _right = TestNamespaces.Create("right");
    private readonly List<Contender> _contenders = [];
    private ChildProcess? _server;

    public IReadOnlyList<Contender> Contenders => _contenders;

    public string Left => _left.Name;

    public static async Task<ThroughputLab> OpenAsync()
    {
        var lab = new ThroughputLab();
        try
        {
            await lab.BuildAsync();
            return lab;
        }
        catch
        {
            await lab.DisposeAsync();
            throw;
        }
    }

    /// <summary>Lets large packets cross the cable whole, as veth does by itself, or has the kernel cut them before it, as a network card's wire demands.</summary>
    public async Task SetOffloadAsync(bool isWire)
    {
        foreach (var side in new[] { _left.Name, _right.Name })
        {
            var cut = isWire ? "off" : "on";
            await Tool.RunAsync(side, $"ethtool -K eth0 gso {cut} tso {cut} tx-udp-segmentation {cut} gro {(isWire ? "on" : "off")}");
        }
    }

    /// <summary>Runs <c>iperf3</c> from left to right.</summary>
    public async Task<string> IperfAsync(Contender contender, string options)
    {
        var words = string.Create(CultureInfo.InvariantCulture, $"-c {contender.Address} -J {options}").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        for (var tries = 0; ; tries++)
        {
            // The server takes one client at a time, and may still be busy with the end of the last one.
            var (status, text) = await Tool.TryRunAsync(_left.Name, "iperf3", words);
            if (status == 0)
            {
                return text;
            }

            if (tries == 5)
            {
                throw new InvalidOperationException($"iperf3 {string.Join(' ', words)} in {contender.Name}:\n{text}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(300));
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is { } server)
        {
            await server.DisposeAsync();
        }

        foreach (var end in _contenders.SelectMany(contender => contender.Ends))
        {
            await end.DisposeAsync();
        }

        _left.Namespace.Dispose();
        _right.Namespace.Dispose();
    }

    private async Task BuildAsync()
    {
        await Tool.RunAsync(_left.Name, $"ip link add eth0 type veth peer name eth0 netns {_right.Name}");
        foreach (var (side, number) in new[] { (_left.Name, 1), (_right.Name, 2) })
        {
            await Tool.RunAsync(side, "ip link set lo up");
            await Tool.RunAsync(side, $"ip address add 10.0.0.{number}/24 dev eth0");
            await Tool.RunAsync(side, "ip link set eth0 up");
            await Tool.RunAsync(side, $"ip link add vx0 mtu 1450 type vxlan id 7 dstport 4789 local 10.0.0.{number} remote 10.0.0.{3 - number}");
            await Tool.RunAsync(side, $"ip address add 10.1.0.{number}/24 dev vx0");
            await Tool.RunAsync(side, "ip link set vx0 up");
        }

        _contenders.Add(new Contender("veth", "10.0.0.2", []));
        _contenders.Add(new Contender("vxlan (kernel)", "10.1.0.2", []));
        await AddTunnelAsync("wireguard-go", WireGuardBinary.Other, null);
        await AddTunnelAsync("overlay-wg", WireGuardBinary.Path, "auto");
        await AddTunnelAsync("overlay-wg, NSec only", WireGuardBinary.Path, "nsec");
        _server = ChildProcess.Start(_right.Name, "iperf3", ["-s"]);
        await Task.WhenAll(_contenders.Select(contender => Tool.RunAsync(_left.Name, $"ping -c 2 -W 10 {contender.Address}")));
    }

    private async Task AddTunnelAsync(string name, string program, string? aead)
    {
        var network = _contenders.Count;
        var variables = new Dictionary<string, string?> { ["LOG_LEVEL"] = "error", ["OVERLAY_WG_AEAD"] = aead };
        var left = await WireGuardInterface.StartAsync(program, _left.Name, variables);
        var right = await WireGuardInterface.StartAsync(program, _right.Name, variables);
        _contenders.Add(new Contender(name, $"10.{network}.0.2", [left, right]));
        await left.SetUpAsync(20_000 + network);
        await right.SetUpAsync(20_000 + network);
        await left.SetAsync($"peer {right.PublicKey} allowed-ips 10.{network}.0.2/32 endpoint 10.0.0.2:{20_000 + network}");
        await right.SetAsync($"peer {left.PublicKey} allowed-ips 10.{network}.0.1/32 endpoint 10.0.0.1:{20_000 + network}");
        foreach (var (end, number) in new[] { (left, 1), (right, 2) })
        {
            await end.BringUpAsync(1420, $"10.{network}.0.{number}/24");
            await Tool.RunAsync(end.Home, $"ip link set {end.Name} txqueuelen 5000");
        }
    }
}
