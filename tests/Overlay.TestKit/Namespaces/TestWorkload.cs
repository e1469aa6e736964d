using System.Globalization;
using System.Net;
using Overlay.Core.Addressing;
using Overlay.Linux.Namespaces;
using Overlay.Linux.Netlink.Route;

namespace Overlay.TestKit.Namespaces;

/// <summary>A workload on a <see cref="TestHost"/>: a namespace with an <c>eth0</c>, an address of the host's subnets and default routes.</summary>
public sealed class TestWorkload : IDisposable
{
    private readonly TestHost _host;
    private readonly int _number;
    private readonly SubnetPair _subnets;
    private readonly int _mtu;

    internal TestWorkload(TestHost host, int number, SubnetPair subnets, int mtu)
    {
        (_host, _number, _subnets, _mtu) = (host, number, subnets, mtu);
        (Name, Namespace) = TestNamespaces.Create(string.Create(CultureInfo.InvariantCulture, $"host{host.Number}w{number}"));
        Addresses = new AddressPair(AddressOf(subnets.IPv4, number + 1), AddressOf(subnets.IPv6, number + 1));
    }

    /// <summary>The name of the namespace, for <c>ip -n</c> and <c>nsenter --net=/run/netns/NAME</c>.</summary>
    public string Name { get; }

    /// <summary>The workload's namespace.</summary>
    public NetworkNamespace Namespace { get; }

    /// <summary>The workload's addresses.</summary>
    public AddressPair Addresses { get; }

    /// <inheritdoc/>
    public void Dispose() => Namespace.Dispose();

    internal void Connect()
    {
        var bridge = FindOrCreateBridge();
        _host.Route.Execute(batch => batch.CreateVeth(
            new LinkSettings { Name = string.Create(CultureInfo.InvariantCulture, $"workload{_number}"), Mtu = _mtu, Master = bridge, IsUp = true },
            new LinkSettings { Name = "eth0", Mtu = _mtu, Namespace = Namespace.Handle }));
        Namespace.Run(() =>
        {
            using var route = new RouteNetlink();
            var link = route.FindLink("eth0")!.Index;
            route.Execute(batch =>
            {
                batch.ChangeLink(1, new LinkSettings { IsUp = true });
                batch.ChangeLink(link, new LinkSettings { IsUp = true });
            });
            foreach (var subnet in Subnets())
            {
                route.Execute(batch =>
                {
                    batch.ReplaceAddress(link, At(subnet, _number + 1), Flags(subnet));
                    batch.ReplaceRoute(new RouteMessage
                    {
                        Destination = new InetPrefix(subnet.BaseAddress.GetAddressBytes().Length == 4 ? InetAddress.FromIPv4(0) : InetAddress.FromIPv6(0), 0),
                        Gateway = At(subnet, 1).Address,
                        Link = link,
                        Protocol = 3,
                    });
                });
            }
        });
    }

    private static AddressFlags Flags(IPNetwork subnet) =>
        At(subnet, 0).Address.IsIPv6 ? AddressFlags.NoDuplicateDetection : AddressFlags.None;

    private static IPAddress? AddressOf(IPNetwork? subnet, int number) => subnet is { } network ? At(network, number).Address.ToIPAddress() : null;

    private static InetPrefix At(IPNetwork subnet, int number)
    {
        var address = new InetAddress(subnet.BaseAddress);
        address = address.IsIPv6 ? InetAddress.FromIPv6(address.Value + (uint)number) : InetAddress.FromIPv4((uint)address.Value + (uint)number);
        return new InetPrefix(address, subnet.PrefixLength);
    }

    private IEnumerable<IPNetwork> Subnets() => new[] { _subnets.IPv4, _subnets.IPv6 }.OfType<IPNetwork>();

    private int FindOrCreateBridge()
    {
        if (_host.Route.FindLink(TestHost.WorkloadBridge) is { } existing)
        {
            return existing.Index;
        }

        _host.Route.Execute(batch => batch.CreateBridge(
            new LinkSettings { Name = TestHost.WorkloadBridge, Mtu = _mtu, IsUp = true },
            new BridgeSettings { SpanningTree = false, ForwardDelay = 0, MulticastSnooping = false }));
        var bridge = _host.Route.FindLink(TestHost.WorkloadBridge)!.Index;
        foreach (var subnet in Subnets())
        {
            _host.Route.Execute(batch => batch.ReplaceAddress(bridge, At(subnet, 1), Flags(subnet)));
        }

        return bridge;
    }
}
