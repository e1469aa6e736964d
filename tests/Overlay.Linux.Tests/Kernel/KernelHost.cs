using Xunit;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Overlay.Core.Addressing;
using Overlay.Core.Diagnostics;
using Overlay.Linux.Kernel;
using Overlay.Linux.Namespaces;
using Overlay.Linux.Netlink;
using Overlay.Linux.Netlink.Route;

namespace Overlay.Linux.Tests.Kernel;

/// <summary>A network namespace with an underlay device <c>eth0</c>, a reconciler in it, and a way to disturb it from outside.</summary>
internal sealed partial class KernelHost : IDisposable
{
    public const string Device = "flannel.1";

    public const string MakeUnderlay =
        "link add eth0 type veth peer name eth1; link set eth1 up; link set eth0 up; addr add 192.0.2.1/24 dev eth0; addr add 2001:db8::1/64 dev eth0 nodad";

    private static int _count;

    private readonly TestMeters _meters = new();

    public KernelHost(int? queueSize = null)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        Name = string.Create(CultureInfo.InvariantCulture, $"ovreconciler{Environment.ProcessId}-{Interlocked.Increment(ref _count)}");
        Namespace = NetworkNamespace.Create(Name);
        Route = Namespace.Run(() => new RouteNetlink());
        Do(MakeUnderlay);
        Metrics = new OverlayMetrics(_meters);
        Repairs = new MetricCollector<long>(_meters, OverlayMetrics.MeterName, "overlay.repairs");
        QueueSize = queueSize;
    }

    public string Name { get; }

    public NetworkNamespace Namespace { get; }

    public RouteNetlink Route { get; }

    public OverlayMetrics Metrics { get; }

    public MetricCollector<long> Repairs { get; }

    public int? QueueSize { get; }

    public static ScopeClaim Claim { get; } = new("vxlan", [Device], [InetPrefix.Parse("10.0.0.0/8"), InetPrefix.Parse("2001:cafe:42::/48")]);

    public static VxlanLinkEntry Link { get; } = new()
    {
        Name = Device,
        Vni = 1,
        Underlay = "eth0",
        Local = InetAddress.Parse("192.0.2.1"),
        Port = 8472,
        Mac = Mac("02:00:00:00:00:01"),
        Mtu = 1450,
    };

    public static IReadOnlyList<KernelEntry> Own { get; } = [Link, new AddressEntry(Device, InetPrefix.Parse("10.0.0.0/32"))];

    public KernelReconciler Start() =>
        Namespace.Run(() => new KernelReconciler(() => new NetlinkDoor(QueueSize), TimeProvider.System, Metrics, NullLogger<KernelReconciler>.Instance));

    /// <summary>A peer as the vxlan backend plans it: neighbour, forwarding entry, route.</summary>
    public static IReadOnlyList<KernelEntry> Peer(int number, int macShift = 0, int addressShift = 0)
    {
        var subnet = InetAddress.FromIPv4(0x0A00_0000 + ((uint)number << 8));
        var mac = Mac(string.Create(CultureInfo.InvariantCulture, $"02:00:01:{macShift:x2}:{number >> 8:x2}:{number & 0xFF:x2}"));
        return
        [
            new NeighbourEntry(Device, subnet, mac),
            new ForwardingEntry(Device, mac, InetAddress.FromIPv4(0xC000_0300 + (uint)number + ((uint)addressShift << 16))),
            new RouteEntry { Destination = new InetPrefix(subnet, 24), Gateway = subnet, Device = Device, IsOnLink = true },
        ];
    }

    public static MacAddress MacOf(int number) => Mac(string.Create(CultureInfo.InvariantCulture, $"02:00:00:00:01:{number:x2}"));

    public static string PeerName(int number) => string.Create(CultureInfo.InvariantCulture, $"peer{number}");

    /// <summary>Records the own device and so many peers, as a snapshot.</summary>
    public static IKernelScope Want(KernelReconciler reconciler, int peers)
    {
        var scope = reconciler.OpenScope(Claim);
        scope.Replace("own", Own);
        var names = new HashSet<string> { "own" };
        for (var number = 1; number <= peers; number++)
        {
            scope.Replace(PeerName(number), Peer(number));
            names.Add(PeerName(number));
        }

        scope.RetainOnly(names);
        return scope;
    }

    /// <summary>How many peers' entries stand: neighbours, forwarding entries and routes of the device.</summary>
    public (int Neighbours, int Forwarding, int Routes) Count()
    {
        var link = Route.FindLink(Device)?.Index ?? -1;
        return link < 0
            ? default
            : (Route.ListNeighbours(link).Count(n => n.State.HasFlag(NeighbourStates.Permanent)),
                Route.ListForwarding(link).Count(f => f.State.HasFlag(NeighbourStates.Permanent)),
                Route.ListRoutes(link: link, table: RouteMessage.MainTable).Count(r => r.Protocol == RouteProtocols.Overlay));
    }

    /// <summary>Waits until a condition holds, looking at each notification; gives the time that passed.</summary>
    public TimeSpan Until(Func<bool> condition, string what)
    {
        using var socket = Listen();
        using var buffer = new NetlinkBuffer();
        var watch = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), $"not in time: {what}");
            socket.Receive(buffer, TimeSpan.FromMilliseconds(5));
            while (socket.Receive(buffer) != NetlinkReceipt.Nothing)
            {
                // One look is enough for all that has happened until now.
            }
        }

        return watch.Elapsed;
    }

    public long RepairsOf(string kind) => Repairs.GetMeasurementSnapshot().Where(m => m.Tags["kind"] as string == kind).Sum(m => m.Value);

    public string Ip(string arguments) => Tool("ip", arguments);

    public string Bridge(string arguments) => Tool("bridge", arguments);

    public void Dispose()
    {
        Route.Dispose();
        Repairs.Dispose();
        _meters.Dispose();
        Namespace.Dispose();
    }

    private static MacAddress Mac(string text) => MacAddress.TryParse(text, out var mac) ? mac : throw new ArgumentException(text);

    private string Tool(string tool, string arguments)
    {
        var start = new ProcessStartInfo(tool, $"-n {Name} {arguments}") { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 || error.Contains("Flush not complete", StringComparison.Ordinal) ? output : throw new InvalidOperationException($"{tool} {arguments}: {error}");
    }
}
