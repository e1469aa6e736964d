using Overlay.Core.Addressing;
using Overlay.Linux.Netlink;
using Overlay.Linux.Netlink.Route;
using Xunit;

namespace Overlay.Linux.Tests.Netlink;

/// <summary>What the kernel announces, and what happens when too much is announced.</summary>
[Trait("Needs", "root")]
public sealed class NotificationTests : KernelFixture
{
    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(5);

    private readonly NetlinkBuffer _buffer = new();

    [Fact]
    public void Join_EveryGroup_AnnouncesEveryKindOfChange()
    {
        using var socket = Open(RouteGroup.Link, RouteGroup.IPv4Address, RouteGroup.IPv4Route, RouteGroup.IPv6Address, RouteGroup.IPv6Route, RouteGroup.Neighbour);
        var vxlan = CreateVxlan();
        Route.Execute(batch =>
        {
            batch.ReplaceAddress(vxlan, Prefix("10.244.1.0/32"));
            batch.ReplaceAddress(vxlan, Prefix("2001:db8::1/128"), AddressFlags.NoDuplicateDetection);
            batch.ReplaceNeighbour(vxlan, Ip("10.244.2.0"), Mac(2));
            batch.ReplaceForwarding(vxlan, Mac(2), Ip("192.0.2.2"));
            batch.ReplaceRoute(new RouteMessage { Destination = Prefix("10.244.2.0/24"), Gateway = Ip("10.244.2.0"), Link = vxlan, IsOnLink = true, Protocol = 111 });
            batch.ReplaceRoute(new RouteMessage { Destination = Prefix("2001:db8:2::/64"), Link = vxlan, Protocol = 111 });
        });
        // IPv6 addresses are announced from a work queue of the kernel, after the verdict.
        var seen = DrainUntil(socket, "+address 2001:db8::1/128");
        Route.Execute(batch => batch.DeleteLink(vxlan));
        seen.AddRange(Drain(socket));

        Assert.Contains("+link flannel.1", seen);
        Assert.Contains("+address 10.244.1.0/32", seen);
        Assert.Contains("+address 2001:db8::1/128", seen);
        Assert.Contains("+neighbour 10.244.2.0", seen);
        Assert.Contains("+forwarding 192.0.2.2", seen);
        Assert.Contains("+route 10.244.2.0/24", seen);
        Assert.Contains("+route 2001:db8:2::/64", seen);
        Assert.Contains("-link flannel.1", seen);
        Assert.Contains("-route 2001:db8:2::/64", seen);
        // The trap: the kernel drops IPv4 routes of a link without a word.
        Assert.DoesNotContain("-route 10.244.2.0/24", seen);
    }

    [Fact]
    public void Notifications_OfOwnRequests_CarryTheirPortAndComeBeforeTheVerdict()
    {
        var link = CreateBridge("under0", "192.0.2.1/24");
        using var socket = Open(RouteGroup.IPv4Route);
        Route.Execute(batch => batch.CreateRoute(new RouteMessage { Destination = Prefix("10.1.0.0/16"), Link = link, Protocol = 111 }));

        // No waiting: it is there already.
        Assert.Equal(NetlinkReceipt.Datagram, socket.Receive(_buffer));
        var messages = _buffer.Messages;
        Assert.True(messages.MoveNext());
        Assert.Equal(Route.Connection.PortId, messages.Current.PortId);
    }

    [Fact]
    public void Leave_Group_EndsTheAnnouncements()
    {
        using var socket = Open(RouteGroup.Link);
        socket.Leave((uint)RouteGroup.Link);

        CreateBridge();

        Assert.Equal(NetlinkReceipt.Nothing, socket.Receive(_buffer));
    }

    [Fact]
    public void Receive_TooManyAnnouncements_SaysSoAndGoesOn()
    {
        var vxlan = CreateVxlan();
        using var socket = Open(RouteGroup.Neighbour, queueSize: 8 * 1024);
        Route.Execute(batch =>
        {
            for (uint i = 1; i <= 500; i++)
            {
                batch.ReplaceNeighbour(vxlan, InetAddress.FromIPv4(0x0AF4_0000 + i), Mac(1));
            }
        });

        var receipts = new List<NetlinkReceipt>();
        for (var receipt = socket.Receive(_buffer); receipt != NetlinkReceipt.Nothing; receipt = socket.Receive(_buffer))
        {
            receipts.Add(receipt);
        }

        Assert.Single(receipts, NetlinkReceipt.Overrun);
        Assert.InRange(receipts.Count(receipt => receipt == NetlinkReceipt.Datagram), 1, 499);
        // Recovery: everything again, and what comes from now on.
        Assert.Equal(500, Route.ListNeighbours(vxlan).Count(n => n.State == NeighbourStates.Permanent));
        Route.Execute(batch => batch.DeleteNeighbour(vxlan, InetAddress.FromIPv4(0x0AF4_0001)));
        Assert.Contains("-neighbour 10.244.0.1", Drain(socket));
    }

    [Fact]
    public void TryExecute_TooManyVerdictsForTheQueue_TellsWhichAreUnknown()
    {
        using var connection = new NetlinkConnection(Namespace.Run(() => NetlinkSocket.Open(NetlinkProtocol.Route, 4 * 1024)));
        using var batch = new NetlinkBatch();
        for (uint i = 0; i < 200; i++)
        {
            batch.DeleteNeighbour(1, InetAddress.FromIPv4(0x0AF4_0000 + i));
        }

        var failures = connection.TryExecute(batch);

        // Each is refused (ENOENT); those whose verdict was lost are said to be unknown (ENOBUFS). None is passed over.
        Assert.Equal(Enumerable.Range(0, 200), failures.Select(failure => failure.Index));
        Assert.Contains(failures, failure => failure.Errno == 105);
        Assert.Contains(failures, failure => failure.Errno == 2);
        batch.Clear();
        batch.ChangeLink(1, new LinkSettings { IsUp = true });
        Assert.Empty(connection.TryExecute(batch));
    }

    [Fact]
    public void Receive_DatagramLargerThanBuffer_GrowsTheBuffer()
    {
        using var socket = Open(RouteGroup.Link);
        using var small = new NetlinkBuffer(64);
        CreateBridge("one");
        CreateBridge("two");

        Assert.Equal(NetlinkReceipt.Truncated, socket.Receive(small));
        Assert.Equal(NetlinkReceipt.Datagram, socket.Receive(small));
        Assert.False(small.Datagram.IsEmpty);
    }

    [Fact]
    public void Receive_NothingInTime_SaysNothing()
    {
        using var socket = Open(RouteGroup.Link);

        Assert.Equal(NetlinkReceipt.Nothing, socket.Receive(_buffer, TimeSpan.FromMilliseconds(1)));
    }

    [Fact]
    public void Receive_WhileWaiting_WakesAtTheAnnouncement()
    {
        using var socket = Open(RouteGroup.Link);
        var change = new Thread(() => CreateBridge());
        change.Start();

        Assert.Equal(NetlinkReceipt.Datagram, socket.Receive(_buffer, _deadline));
        change.Join();
    }

    private NetlinkSocket Open(params RouteGroup[] groups) => Open(groups, 1024 * 1024);

    private NetlinkSocket Open(RouteGroup group, int queueSize) => Open([group], queueSize);

    private NetlinkSocket Open(RouteGroup[] groups, int queueSize)
    {
        var socket = Namespace.Run(() => NetlinkSocket.Open(NetlinkProtocol.Route, queueSize));
        Array.ForEach(groups, socket.Join);
        return socket;
    }

    private List<string> DrainUntil(NetlinkSocket socket, string last)
    {
        var seen = Drain(socket);
        while (!seen.Contains(last) && socket.Receive(_buffer, _deadline) == NetlinkReceipt.Datagram)
        {
            seen.AddRange(Describe(_buffer));
            seen.AddRange(Drain(socket));
        }

        return seen;
    }

    private List<string> Drain(NetlinkSocket socket)
    {
        var seen = new List<string>();
        while (socket.Receive(_buffer) == NetlinkReceipt.Datagram)
        {
            seen.AddRange(Describe(_buffer));
        }

        return seen;
    }

    private static List<string> Describe(NetlinkBuffer buffer)
    {
        var seen = new List<string>();
        foreach (var message in buffer.Messages)
        {
            seen.Add(Describe(message));
        }

        return seen;
    }

    private static string Describe(NetlinkMessage message) => message switch
    {
        _ when LinkMessage.TryRead(message, out var link) => $"{Sign(link.IsRemoval)}link {link.ToLink().Name}",
        _ when AddressMessage.TryRead(message, out var address) => $"{Sign(address.IsRemoval)}address {address.Address}",
        _ when RouteMessage.TryRead(message, out var route) => $"{Sign(route.IsRemoval)}route {route.Destination}",
        _ when NeighbourMessage.TryRead(message, out var neighbour) => $"{Sign(neighbour.IsRemoval)}neighbour {neighbour.Address}",
        _ when ForwardingMessage.TryRead(message, out var entry) => $"{Sign(entry.IsRemoval)}forwarding {entry.Remote}",
        _ => $"? {message.Type}",
    };

    private static char Sign(bool isRemoval) => isRemoval ? '-' : '+';
}
