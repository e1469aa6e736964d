using Overlay.Core.Addressing;
using Overlay.Linux.Namespaces;
using Overlay.Linux.Netlink.Route;

namespace Overlay.TestKit.Namespaces;

/// <summary>Hosts that are network namespaces, each with an <c>eth0</c> on one common bridge, which stands in a namespace of its own:
/// <code>
///   host1         host2         host3
///   eth0          eth0          eth0        192.0.2.1, .2, .3 /24   2001:db8::1, ::2, ::3 /64
///     |             |             |
///   port1         port2         port3
///   +-------------- br0 --------------+     192.0.2.254, 2001:db8::fe: the default gateway
/// </code>
/// Disposing it removes everything, also what a test made in the hosts.</summary>
public sealed class TestTopology : IDisposable
{
    private readonly List<TestHost> _hosts = [];

    /// <summary>Makes all namespaces and links. Needs root.</summary>
    public TestTopology(TestTopologyOptions? options = null)
    {
        Options = options ?? new TestTopologyOptions();
        try
        {
            (NetworkName, Network) = TestNamespaces.Create("net");
            Switch = Network.Run(() => new RouteNetlink());
            var bridge = CreateBridge();
            for (var number = 1; number <= Options.Hosts; number++)
            {
                var host = new TestHost(this, number);
                _hosts.Add(host);
                Connect(host, bridge);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>What it was made from.</summary>
    public TestTopologyOptions Options { get; }

    /// <summary>The hosts, in the order of their numbers.</summary>
    public IReadOnlyList<TestHost> Hosts => _hosts;

    /// <summary>The namespace of the bridge between the hosts.</summary>
    public NetworkNamespace Network { get; private set; } = null!;

    /// <summary>The name of that namespace.</summary>
    public string NetworkName { get; } = "";

    /// <summary>The bridge's namespace by netlink.</summary>
    public RouteNetlink Switch { get; private set; } = null!;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var host in _hosts)
        {
            host.Dispose();
        }

        Switch?.Dispose();
        Network?.Dispose();
    }

    internal static InetPrefix? UnderlayAddress(AddressFamilies families, AddressFamilies family, int number) => (families & family) switch
    {
        AddressFamilies.IPv4 => new InetPrefix(InetAddress.FromIPv4(0xC000_0200 + (uint)number), 24),
        AddressFamilies.IPv6 => new InetPrefix(InetAddress.FromIPv6(InetAddress.Parse("2001:db8::").Value + (uint)number), 64),
        _ => null,
    };

    private int CreateBridge()
    {
        Switch.Execute(batch => batch.CreateBridge(
            new LinkSettings { Name = "br0", Mtu = Options.Mtu, IsUp = true },
            new BridgeSettings { SpanningTree = false, ForwardDelay = 0, MulticastSnooping = false }));
        var bridge = Switch.FindLink("br0")!.Index;
        foreach (var family in (AddressFamilies[])[AddressFamilies.IPv4, AddressFamilies.IPv6])
        {
            if (UnderlayAddress(Options.Families, family, 254) is { } address)
            {
                Switch.Execute(batch => batch.ReplaceAddress(bridge, address));
            }
        }

        return bridge;
    }

    private void Connect(TestHost host, int bridge)
    {
        Switch.Execute(batch => batch.CreateVeth(
            new LinkSettings { Name = host.Port, Mtu = Options.Mtu, Master = bridge, IsUp = true },
            new LinkSettings { Name = TestHost.Underlay, Mtu = Options.Mtu, Namespace = host.Namespace.Handle }));
        host.Configure();
    }
}
