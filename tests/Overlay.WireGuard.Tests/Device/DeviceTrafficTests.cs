using System.Net;
using System.Net.Sockets;

using Overlay.WireGuard.Control;

namespace Overlay.WireGuard.Tests.Device;

/// <summary>Packets through the real kernel, between two namespaces.</summary>
[Trait("Needs", "root")]
public sealed class DeviceTrafficTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Ping_BothFamiliesUpToTheMtu_IsAnswered(bool overIPv6)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        await using var lab = await DeviceLab.StartAsync(overIPv6: overIPv6);

        await lab.AssertPingAsync("10.50.0.2");
        await lab.AssertPingAsync("fd50::2");
        await lab.AssertPingAsync("10.50.0.2", options: "-M do -s 1392");
        Assert.Contains("too long", await lab.PingAsync("10.50.0.2", options: "-M do -s 1393"), StringComparison.Ordinal);

        using var left = await lab.ReadAsync(0);
        using var right = await lab.ReadAsync(1);
        Assert.Equal(left.Peers[0].SentBytes, right.Peers[0].ReceivedBytes);
        Assert.Equal(right.Peers[0].SentBytes, left.Peers[0].ReceivedBytes);
        Assert.NotNull(left.Peers[0].LastHandshake);
    }

    /// <summary>With everything that the kernel offers, with each half of it, and with nothing: the bytes are the same.</summary>
    [Theory]
    [InlineData(true, true, 1500)]
    [InlineData(false, true, 1500)]
    [InlineData(true, false, 1500)]
    [InlineData(false, false, 1500)]
    [InlineData(true, true, 1400)] // Datagrams are fragmented on the way, and trains refused by the kernel.
    public async Task Transfer_AnyOffload_ArrivesUnchanged(bool offloadsTun, bool offloadsSockets, int underlayMtu)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        await using var lab = await DeviceLab.StartAsync(
            options => (options.OffloadsTun, options.OffloadsSockets) = (offloadsTun, offloadsSockets), underlayMtu: underlayMtu);

        await lab.TransferAsync("10.50.0.2", 20_000_000);
        await lab.TransferAsync("fd50::2", 5_000_000, flows: 4);
    }

    [Fact]
    public async Task Transfer_TwoQueues_BothCarryPackets()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        await using var lab = await DeviceLab.StartAsync(options => options.Queues = 2);

        await lab.TransferAsync("10.50.0.2", 1_000_000, flows: 24);

        // Each flow has a queue of its own, though all answers come by one socket: nearly all frames of one of them would be those of the flows' beginnings.
        var frames = lab.Devices[0].FramesRead;
        Assert.True(frames.Min() > frames.Sum() / 10, string.Join(' ', frames));

        // And each remote address a socket.
        foreach (var _ in Enumerable.Range(0, 64))
        {
            using var other = lab.Left.Namespace.Run(() => new System.Net.Sockets.UdpClient(0));
            await other.SendAsync(new byte[] { 1 }.AsMemory(), new IPEndPoint(lab.Right.Addresses.IPv4!, DeviceLab.Port), TestContext.Current.CancellationToken);
        }

        await TestKit.Agents.Deadline.UntilAsync(
            () => lab.Devices[1].TrainsReceived.All(count => count > 5), () => string.Join(' ', lab.Devices[1].TrainsReceived), TestContext.Current.CancellationToken);
    }

    /// <summary>Whatever threads carry them, and while they change: each flow's datagrams come in the order in which they were sent, and none is lost.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Flows_ManyAtOnceOverQueues_EachArrivesInOrder(int queues)
    {
        const int Flows = 24;
        const int Rounds = 60;
        const int Burst = 16;
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        await using var lab = await DeviceLab.StartAsync(options => options.Queues = queues);
        await lab.AssertPingAsync("10.50.0.2");

        await Task.WhenAll(Enumerable.Range(0, Flows).Select(flow => Task.Run(() =>
        {
            // Half of them in each direction, both families.
            var (from, to, host) = flow % 2 == 0 ? (lab.Left, lab.Right, 2) : (lab.Right, lab.Left, 1);
            var address = IPAddress.Parse(flow % 4 < 2 ? $"10.50.0.{host}" : $"fd50::{host}");
            using var receiver = to.Namespace.Run(() => new UdpClient(new IPEndPoint(address, 0)));
            using var sender = from.Namespace.Run(() => new UdpClient(address.AddressFamily));
            receiver.Client.ReceiveTimeout = 30_000;
            sender.Connect((IPEndPoint)receiver.Client.LocalEndPoint!);
            var datagram = new byte[100 + (flow * 50)];
            for (var round = 0; round < Rounds; round++)
            {
                for (var i = 0; i < Burst; i++)
                {
                    BitConverter.TryWriteBytes(datagram, (round * Burst) + i);
                    sender.Send(datagram);
                }

                // No more at once than any queue on the way holds.
                IPEndPoint? source = null;
                for (var i = 0; i < Burst; i++)
                {
                    Assert.Equal((round * Burst) + i, BitConverter.ToInt32(receiver.Receive(ref source)));
                }
            }
        }, TestContext.Current.CancellationToken)));

        foreach (var device in lab.Devices)
        {
            using var state = await device.ReadAsync(TestContext.Current.CancellationToken);
            // What the kernel says by itself on a new interface (router solicitations) belongs to no peer.
            Assert.Equal(["not_allowed"], state.Drops.Keys.Append("not_allowed").Distinct());
            Assert.All(device.FramesRead, count => Assert.True(count > Flows, string.Join(' ', device.FramesRead)));
        }
    }

    /// <summary>While another thread takes over the receiving and gives it back.</summary>
    [Fact]
    public async Task Transfer_BothWaysAtOnce_ArrivesUnchanged()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        await using var lab = await DeviceLab.StartAsync();

        await Task.WhenAll(lab.TransferAsync("10.50.0.2", 50_000_000, flows: 2), lab.TransferAsync("10.50.0.1", 50_000_000, flows: 2, backwards: true));

        await lab.AssertPingAsync("10.50.0.2");
    }

    /// <summary>A super-packet of the kernel becomes one train, and is joined to one again.</summary>
    [Fact]
    public async Task Open_Mtu1420_SuperPacketsFitATrain()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        await using var lab = await DeviceLab.StartAsync();

        Assert.Contains("gso_max_size 61612 ", await TestKit.Agents.Tool.RunAsync(lab.Left.Name, "ip -d link show wg0"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ping_NobodyThere_IsToldToBeUnreachable()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        await using var lab = await DeviceLab.StartAsync();
        var stranger = Protocol.Keys.PrivateKey.Generate().PublicKey;
        await lab.ConfigureAsync(0, new WireGuardPeerChange(stranger) { AllowedIps = [new AllowedIpChange(Core.Addressing.InetPrefix.Parse("10.50.0.8/32"))] });

        Assert.Contains("Destination Host Unreachable", await lab.PingAsync("10.50.0.9", 1), StringComparison.Ordinal); // No peer.
        Assert.Contains("Destination Host Unreachable", await lab.PingAsync("10.50.0.8", 1), StringComparison.Ordinal); // A peer nobody knows the place of.
        Assert.Contains("Address unreachable", await lab.PingAsync("fd50::9", 1), StringComparison.Ordinal);
    }

    /// <summary>A peer is answered from the address that it contacted, also when others would be nearer, and after a train of datagrams.</summary>
    [Fact]
    public async Task Transfer_SecondAddressOfThePeer_AnswersFromThere()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        await using var lab = await DeviceLab.StartAsync();
        await TestKit.Agents.Tool.RunAsync(lab.Right.Name, "ip address add 192.0.2.77/24 dev eth0");
        await lab.ConfigureAsync(0, lab.PeerOf(0, IPEndPoint.Parse("192.0.2.77:51820")));

        await lab.AssertPingAsync("10.50.0.2");
        await lab.TransferAsync("10.50.0.2", 5_000_000);

        using var state = await lab.ReadAsync(0);
        Assert.Equal("192.0.2.77:51820", state.Peers[0].Endpoint!.ToString());

        // The address goes; the peer is reached from another, and followed there.
        await TestKit.Agents.Tool.RunAsync(lab.Right.Name, "ip address del 192.0.2.77/24 dev eth0");
        await TestKit.Agents.Tool.RunAsync(lab.Right.Name, "ping -c 2 -i 0.2 -W 10 10.50.0.1");
        using var after = await lab.ReadAsync(0);
        Assert.Equal("192.0.2.2:51820", after.Peers[0].Endpoint!.ToString());
    }

    /// <summary>Each end's endpoint is reached through the tunnel itself: a packet goes round, and dies.</summary>
    [Fact]
    public async Task Ping_EndpointWithinTheTunnel_DoesNotAmplify()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        await using var lab = await DeviceLab.StartAsync();
        await lab.AssertPingAsync("10.50.0.2");
        using var before = await lab.ReadAsync(0);
        await lab.ConfigureAsync(0, lab.PeerOf(0, IPEndPoint.Parse("10.50.0.2:51820")));

        await lab.PingAsync("10.50.0.2", 10, "-w 2");

        using var after = await lab.ReadAsync(0);
        Assert.InRange(after.Peers[0].SentBytes - before.Peers[0].SentBytes, 1, 70_000);
        Assert.True(after.Drops.GetValueOrDefault("routing_loop") > 0, string.Join(' ', after.Drops));
        Assert.Equal(after.Drops["routing_loop"], after.Peers[0].Drops["routing_loop"]);
    }

    /// <summary>The same through two devices, each of which is the way to the other's peer.</summary>
    [Fact]
    public async Task Ping_TwoDevicesThroughOneAnother_DoesNotAmplify()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        await using var lab = await DeviceLab.StartAsync();
        await using var left = await lab.OpenSecondAsync(0);
        await using var right = await lab.OpenSecondAsync(1);
        await lab.AssertPingAsync("10.50.0.2");
        await lab.AssertPingAsync("10.51.0.2");
        await lab.ConfigureAsync(0, lab.PeerOf(0, IPEndPoint.Parse("10.51.0.2:51820")));
        await left.ConfigureAsync(new WireGuardChange { Peers = [lab.PeerOf(0, IPEndPoint.Parse("10.50.0.2:51821"))] }, CancellationToken.None);

        await lab.PingAsync("10.50.0.2", 10, "-s 1300 -w 3");

        using var first = await lab.ReadAsync(0);
        using var second = await left.ReadAsync(CancellationToken.None);
        Assert.InRange(first.Peers[0].SentBytes + second.Peers[0].SentBytes, 1, 1_000_000);
        Assert.True(first.Drops.GetValueOrDefault("routing_loop") + second.Drops.GetValueOrDefault("routing_loop") > 0);
    }

    /// <summary>50,000 initiations from addresses that nobody has, each of them as far as MAC1 tells from somebody who knows us.</summary>
    [Fact]
    public async Task Transfer_FloodOfInitiations_HonestPeerKeepsItsTraffic()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        await using var lab = await DeviceLab.StartAsync();
        await lab.AssertPingAsync("10.50.0.2");
        await TestKit.Agents.Tool.RunAsync(lab.Right.Name, "ip route add local 198.18.0.0/15 dev lo");
        await TestKit.Agents.Tool.RunAsync(lab.Left.Name, "ip route add 198.18.0.0/15 via 192.0.2.2");
        using var probe = TestKit.Traffic.TrafficProbe.Start(lab.Right.Namespace, lab.Left.Namespace, IPAddress.Parse("10.50.0.1"));
        await probe.WaitForTrafficAsync(TimeSpan.FromSeconds(30));
        var memory = GC.GetTotalMemory(forceFullCollection: true);

        new Flood(lab.Keys[0].PublicKey).Send(lab.Right.Namespace, new IPEndPoint(lab.Left.Addresses.IPv4!, DeviceLab.Port), 50_000);

        var traffic = probe.Stop();
        using var state = await lab.ReadAsync(0);
        Assert.True(traffic.Lost <= traffic.Sent / 20, $"{traffic}");
        Assert.True(state.Drops["cookie_sent"] > 0, string.Join(' ', state.Drops));
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - memory, long.MinValue, 20_000_000);

        // And it still gets a new session, with a cookie if need be.
        await TestKit.Agents.Tool.RunAsync(lab.Right.Name, "ip link set wg0 down");
        await TestKit.Agents.Tool.RunAsync(lab.Right.Name, "ip link set wg0 up");
        Assert.Contains("bytes from", await TestKit.Agents.Tool.RunAsync(lab.Right.Name, "ping -c 1 -w 30 10.50.0.1"), StringComparison.Ordinal);
    }
}
