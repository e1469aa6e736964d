using System.Globalization;
using System.Net;
using Overlay.Core.Addressing;
using Overlay.Linux.Namespaces;
using Overlay.Linux.Netlink.Route;

namespace Overlay.TestKit.Namespaces;

/// <summary>A host of a <see cref="TestTopology"/>.</summary>
public sealed class TestHost : IDisposable
{
    /// <summary>The name of the link to the other hosts.</summary>
    public const string Underlay = "eth0";

    /// <summary>The name of the bridge that the workloads are on, as flannel's CNI plugin names it.</summary>
    public const string WorkloadBridge = "cni0";

    private readonly TestTopology _topology;
    private readonly List<TestWorkload> _workloads = [];

    internal TestHost(TestTopology topology, int number)
    {
        _topology = topology;
        Number = number;
        Port = string.Create(CultureInfo.InvariantCulture, $"port{number}");
        (Name, Namespace) = TestNamespaces.Create(string.Create(CultureInfo.InvariantCulture, $"host{number}"));
        try
        {
            Route = Namespace.Run(() => new RouteNetlink());
        }
        catch
        {
            Namespace.Dispose();
            throw;
        }
    }

    /// <summary>The host's place in the topology, from 1.</summary>
    public int Number { get; }

    /// <summary>The name of the namespace, for <c>ip -n</c> and <c>nsenter --net=/run/netns/NAME</c>.</summary>
    public string Name { get; }

    /// <summary>The host's namespace.</summary>
    public NetworkNamespace Namespace { get; }

    /// <summary>The host's links, addresses and routes. Not safe for several threads.</summary>
    public RouteNetlink Route { get; }

    /// <summary>The other end of <c>eth0</c>, in the bridge's namespace.</summary>
    public string Port { get; }

    /// <summary>The host's addresses on <c>eth0</c>.</summary>
    public AddressPair Addresses { get; private set; }

    /// <summary>The workloads that were added.</summary>
    public IReadOnlyList<TestWorkload> Workloads => _workloads;

    /// <summary>Adds a workload as flannel's CNI plugin would: a namespace with an <c>eth0</c> on the bridge <c>cni0</c>, which has the first address of each
    /// subnet and is made with the first workload.</summary>
    /// <param name="subnets">The host's lease; the workload gets the next free address of each subnet, and default routes.</param>
    /// <param name="mtu">The MTU of the workload and of the bridge, in bytes.</param>
    public TestWorkload AddWorkload(SubnetPair subnets, int mtu)
    {
        var workload = new TestWorkload(this, _workloads.Count + 1, subnets, mtu);
        _workloads.Add(workload);
        workload.Connect();
        return workload;
    }

    /// <summary>Sets <c>eth0</c> up or down from inside the host; its IPv4 routes go when it goes down.</summary>
    public void SetUnderlay(bool isUp) => Set(Route, Underlay, isUp);

    /// <summary>Sets the other end of <c>eth0</c> up or down: the host's link stays up and loses its carrier, as when a cable is pulled.</summary>
    public void SetCable(bool isPlugged) => Set(_topology.Switch, Port, isPlugged);

    /// <summary>Adds the default routes again, which go with <c>eth0</c> when it goes down.</summary>
    public void AddDefaultRoutes()
    {
        var link = Route.FindLink(Underlay)!.Index;
        ForEachFamily(family =>
        {
            var gateway = TestTopology.UnderlayAddress(_topology.Options.Families, family, 254)!.Value.Address;
            var everything = new InetPrefix(family == AddressFamilies.IPv4 ? InetAddress.FromIPv4(0) : InetAddress.FromIPv6(0), 0);
            Route.Execute(batch => batch.ReplaceRoute(new RouteMessage { Destination = everything, Gateway = gateway, Link = link, Protocol = 3 }));
        });
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var workload in _workloads)
        {
            workload.Dispose();
        }

        Route.Dispose();
        Namespace.Dispose();
    }

    internal void Configure()
    {
        var options = _topology.Options;
        var link = Route.FindLink(Underlay)!.Index;
        Route.Execute(batch =>
        {
            batch.ChangeLink(1, new LinkSettings { IsUp = true });
            batch.ChangeLink(link, new LinkSettings { IsUp = true });
        });
        ForEachFamily(family =>
        {
            var address = TestTopology.UnderlayAddress(options.Families, family, Number)!.Value;
            Route.Execute(batch => batch.ReplaceAddress(link, address, family == AddressFamilies.IPv6 ? AddressFlags.NoDuplicateDetection : AddressFlags.None));
        });
        Addresses = new AddressPair(AddressOf(AddressFamilies.IPv4), AddressOf(AddressFamilies.IPv6));
        Namespace.Run(() =>
        {
            var value = options.Forwards ? "1" : "0";
            Sysctl.TryWrite("net/ipv4/ip_forward", value);
            Sysctl.TryWrite("net/ipv6/conf/all/forwarding", value);
            Sysctl.TryWrite("net/ipv6/conf/default/forwarding", value);
        });
        if (options.HasDefaultRoute)
        {
            AddDefaultRoutes();
        }
    }

    private static void Set(RouteNetlink route, string name, bool isUp)
    {
        var link = route.FindLink(name) ?? throw new InvalidOperationException($"There is no link {name}.");
        route.Execute(batch => batch.ChangeLink(link.Index, new LinkSettings { IsUp = isUp }));
    }

    private IPAddress? AddressOf(AddressFamilies family) => TestTopology.UnderlayAddress(_topology.Options.Families, family, Number)?.Address.ToIPAddress();

    private void ForEachFamily(Action<AddressFamilies> work)
    {
        foreach (var family in (AddressFamilies[])[AddressFamilies.IPv4, AddressFamilies.IPv6])
        {
            if (_topology.Options.Families.HasFlag(family))
            {
                work(family);
            }
        }
    }
}
