using Overlay.Core.Addressing;
using Overlay.Linux.Netlink;
using Overlay.Linux.Netlink.Route;
using Xunit;

namespace Overlay.Linux.Tests.Netlink;

/// <summary>Ten thousand of everything, and no garbage from it.</summary>
[Trait("Needs", "root")]
public sealed class VolumeTests : KernelFixture
{
    private const int Count = 10_000;

    private readonly NetlinkBatch _batch = new();

    [Fact]
    public void Dumps_TenThousandEntries_GiveEachOnce()
    {
        var link = CreateLink();
        Append(link, Count);
        Route.Connection.Execute(_batch);

        Assert.Equal(Count, Route.ListNeighbours(link).Where(n => n.State == NeighbourStates.Permanent).Distinct().Count());
        Assert.Equal(Count, Route.ListForwarding(link).Distinct().Count());
        Assert.Equal(Count, Route.ListRoutes(protocol: 111).Distinct().Count());
    }

    [Fact]
    public void WriteSendAndRead_SecondTime_AllocateNothing()
    {
        var link = CreateLink();
        Round(link);

        var before = GC.GetAllocatedBytesForCurrentThread();
        var read = Round(link);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(600, read);
        Assert.Equal(0, allocated);
    }

    [Fact]
    public void ReadLink_WithVxlan_AllocatesNothing()
    {
        var datagram = Captured.Reply("ip -d link show flannel.1");
        ReadVxlan(datagram);

        var before = GC.GetAllocatedBytesForCurrentThread();
        var vni = ReadVxlan(datagram);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal((1, 0L), (vni, allocated));
    }

    private int CreateLink()
    {
        var link = CreateVxlan();
        // In a namespace without any IPv4 address the kernel takes every gateway for a broadcast address (inet_addr_type of net/ipv4/fib_frontend.c).
        Route.Execute(batch => batch.ReplaceAddress(link, Prefix("10.244.1.0/32")));
        return link;
    }

    private static int ReadVxlan(byte[] datagram)
    {
        foreach (var message in new NetlinkMessageReader(datagram))
        {
            if (LinkMessage.TryRead(message, out var link) && link.Name.SequenceEqual("flannel.1"u8) && link.TryGetVxlan(out var settings))
            {
                return settings.Vni!.Value;
            }
        }

        return 0;
    }

    private int Round(int link)
    {
        Append(link, 200);
        if (Route.Connection.TryExecute(_batch).Count > 0)
        {
            throw new InvalidOperationException("The kernel refused an entry.");
        }

        var counter = new Counter();
        _batch.Clear();
        _batch.DumpNeighbours(link);
        Route.Connection.Query(_batch, ref counter);
        _batch.Clear();
        _batch.DumpForwarding(link);
        Route.Connection.Query(_batch, ref counter);
        _batch.Clear();
        _batch.DumpRoutes(protocol: 111);
        Route.Connection.Query(_batch, ref counter);
        return counter.Total;
    }

    private void Append(int link, int count)
    {
        _batch.Clear();
        Span<byte> mac = [0x02, 0, 0, 0, 0, 0];
        for (var i = 0; i < count; i++)
        {
            (mac[3], mac[4], mac[5]) = ((byte)(i >> 16), (byte)(i >> 8), (byte)i);
            var subnet = InetAddress.FromIPv4(0x0A00_0000 + ((uint)i << 8));
            var address = MacAddress.Read(mac);
            _batch.ReplaceNeighbour(link, subnet, address);
            _batch.ReplaceForwarding(link, address, InetAddress.FromIPv4(0xC000_0000 + (uint)i));
            _batch.ReplaceRoute(new RouteMessage { Destination = new InetPrefix(subnet, 24), Gateway = subnet, Link = link, IsOnLink = true, Protocol = 111 });
        }
    }

    private struct Counter : INetlinkVisitor
    {
        private int _first;

        public int Total { get; private set; }

        public void Begin() => _first = Total;

        public void Visit(NetlinkMessage message)
        {
            var isEntry = RouteMessage.TryRead(message, out _)
                || ForwardingMessage.TryRead(message, out _)
                || (NeighbourMessage.TryRead(message, out var neighbour) && neighbour.State == NeighbourStates.Permanent);
            Total += isEntry && Total >= _first ? 1 : 0;
        }
    }
}
