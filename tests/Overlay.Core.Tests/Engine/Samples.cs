using System.Net;
using Overlay.Core.Addressing;
using Overlay.Core.Backends;
using Overlay.Core.Configuration;
using Overlay.Core.Leases;

namespace Overlay.Core.Tests.Engine;

/// <summary>A small network: node n has the address 192.168.0.n and the subnet 10.244.n.0/24.</summary>
internal static class Samples
{
    public static NetworkConfiguration Configuration { get; } = new()
    {
        Network = new SubnetPair(IPNetwork.Parse("10.244.0.0/16"), null),
        IPv4Subnets = new SubnetRange(24, IPAddress.Parse("10.244.1.0"), IPAddress.Parse("10.244.255.0")),
        Backend = new BackendConfiguration("fake", """{"Type":"fake"}"""),
    };

    public static Lease Own { get; } = Node(1);

    public static Underlay Underlay { get; } = new()
    {
        InterfaceName = "eth0",
        InterfaceIndex = 2,
        Mtu = 1500,
        Addresses = new AddressPair(IPAddress.Parse("192.168.0.1"), null),
        PublicAddresses = new AddressPair(IPAddress.Parse("192.168.0.1"), null),
    };

    public static Lease Node(int number, string type = "fake", string? data = null) => new()
    {
        Subnets = new SubnetPair(IPNetwork.Parse($"10.244.{number}.0/24"), null),
        Attributes = new LeaseAttributes
        {
            PublicAddresses = new AddressPair(IPAddress.Parse($"192.168.0.{number}"), null),
            BackendType = type,
            BackendData = data,
        },
    };

    public static LeaseBatch Snapshot(params Lease[] leases) => new LeaseBatch.Snapshot(leases);

    public static LeaseBatch Written(params Lease[] leases) => new LeaseBatch.Changes([.. leases.Select(lease => new LeaseChange.Written(lease))]);

    public static LeaseBatch Removed(string key) => new LeaseBatch.Changes([new LeaseChange.Removed(key)]);
}
