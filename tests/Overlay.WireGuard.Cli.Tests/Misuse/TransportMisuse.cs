using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Overlay.TestKit.Agents;
using Overlay.TestKit.WireGuard;
using Overlay.WireGuard.Protocol.Messages;
using Overlay.WireGuard.Protocol.Timers;
using Overlay.WireGuard.Tests.World;

namespace Overlay.WireGuard.Cli.Tests.Misuse;

/// <summary>Points 9 to 12 and 15 to 17: packets that are old, forged, not what they say, or somebody else's.</summary>
internal static class TransportMisuse
{
    public static Dictionary<string, Func<LivePeer, Task>> Rows { get; } = new()
    {
        ["a persistent keepalive is switched on"] = FirstKeepalive,
        ["a packet a second time"] = PacketTwice,
        ["a forged counter far ahead"] = ForgedCounter,
        ["a counter beyond REJECT_AFTER_MESSAGES"] = CounterTooHigh,
        ["a payload that is no IP packet"] = NotIp,
        ["an IP packet that says to be longer than it is"] = TooLong,
        ["a source address that is not the peer's"] = SpoofedSource,
        ["a forged packet from another port"] = ForgedFromElsewhere,
        ["a replayed packet from another port"] = ReplayedFromElsewhere,
        ["packets of all lengths about a multiple of 16 and the MTU"] = PaddedLengths,
        ["200 packets before there is a session"] = Staged,
        ["a packet for nobody"] = ForNobody,
        ["a prefix that went to another peer"] = MovedPrefix,
    };

    private static async Task FirstKeepalive(LivePeer live)
    {
        live.Connect();
        live.Ping();
        await live.Interface.SetAsync($"peer {live.OurKey} persistent-keepalive 60");
        Assert.Equal(TransportMessage.Overhead, live.Expect(MessageKind.Transport).Length);
        await live.Interface.SetAsync($"peer {live.OurKey} persistent-keepalive off");
    }

    private static async Task PacketTwice(LivePeer live)
    {
        live.Connect();
        live.Ping();
        var before = await live.DeliveredAsync();
        var echo = live.Echo();
        for (var i = 0; i < 5; i++)
        {
            live.Send(echo);
        }

        live.Ping();
        Assert.Equal(before + 2, await live.DeliveredAsync());
    }

    private static Task ForgedCounter(LivePeer live)
    {
        live.Connect();
        var genuine = live.Echo();
        var forged = genuine.ToArray();
        forged[14] = 1;
        live.Send(forged);
        live.Ping();
        live.Send(genuine);
        live.Expect(MessageKind.Transport);
        return Task.CompletedTask;
    }

    private static async Task CounterTooHigh(LivePeer live)
    {
        live.Connect();
        live.Ping();
        var before = await live.DeliveredAsync();
        var session = live.Device.SelectSession(live.Node.Now)!;
        foreach (var counter in new[] { ProtocolLimits.RejectAfterMessages, ulong.MaxValue })
        {
            var message = new byte[64];
            Assert.True(session.TrySeal(counter, new byte[32], message));
            live.Send(message);
        }

        live.Ping();
        Assert.Equal(before + 1, await live.DeliveredAsync());
    }

    private static Task NotIp(LivePeer live) => NothingIsDelivered(live, () =>
    [
        live.Seal(new byte[1]), live.Seal(new byte[19]), live.Seal(new byte[64]), live.Seal([0x55, .. new byte[40]]), live.Seal([0x45]),
        live.Seal([0x60, .. new byte[20]]), live.Seal(Enumerable.Repeat((byte)0xFF, 1420).ToArray()),
    ]);

    private static Task TooLong(LivePeer live) => NothingIsDelivered(live, () =>
    {
        var packet = Pair.Packet(LivePeer.OurAddress, LivePeer.TheirAddress, 12);
        (packet[2], packet[3]) = (0, 33);
        var tooShort = Pair.Packet(LivePeer.OurAddress, LivePeer.TheirAddress, 12);
        (tooShort[2], tooShort[3]) = (0, 19);
        byte[] ipv6 = [0x60, 0, 0, 0, 0, 9, 17, 64, .. new byte[40]];
        return [live.Seal(packet), live.Seal(tooShort), live.Seal(ipv6)];
    });

    private static Task SpoofedSource(LivePeer live) => NothingIsDelivered(live, () => [live.Echo("10.99.0.77"), live.Echo(LivePeer.TheirAddress), live.Echo("8.8.8.8")]);

    private static Task ForgedFromElsewhere(LivePeer live)
    {
        live.Connect();
        return EndpointStays(live, () =>
        {
            var forged = live.Echo();
            forged[^1] ^= 1;
            return forged;
        });
    }

    private static Task ReplayedFromElsewhere(LivePeer live)
    {
        live.Connect();
        var echo = live.Echo();
        live.Send(echo);
        live.Ping();
        return EndpointStays(live, () => echo);
    }

    private static async Task PaddedLengths(LivePeer live)
    {
        live.Connect();
        live.Ping();
        foreach (var (length, padded) in new[] { (28, 32), (32, 32), (33, 48), (48, 48), (1408, 1408), (1409, 1420), (1420, 1420) })
        {
            var ping = live.Space.TryRunAsync(string.Create(CultureInfo.InvariantCulture, $"ping -c 1 -W 1 -M do -s {length - 28} {LivePeer.OurAddress}"));
            Assert.Equal(padded + TransportMessage.Overhead, live.Expect(MessageKind.Transport).Length);
            await ping;
        }
    }

    private static async Task Staged(LivePeer live)
    {
        using var sender = live.Space.Namespace.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        var before = await live.TakenAsync();
        for (byte i = 0; i < 200; i++)
        {
            sender.SendTo([i], new IPEndPoint(IPAddress.Parse(LivePeer.OurAddress), 9));
        }

        await Deadline.UntilAsync(
            () => live.TakenAsync().GetAwaiter().GetResult() >= before + 200, () => "the device does not take its packets", TestContext.Current.CancellationToken);
        live.Connect();
        live.Ping();

        // One byte after the headers of IP and UDP; pings have other lengths.
        var numbers = live.Node.Delivered.Where(packet => packet.Length == 29).Select(packet => (int)packet[28]).ToArray();
        Assert.Equal(Enumerable.Range(72, 128), numbers);
    }

    private static async Task ForNobody(LivePeer live)
    {
        live.Connect();
        live.Ping();
        var (_, before) = await live.Interface.TransferAsync(live.OurKey);
        await live.Space.TryRunAsync("ping -c 3 -i 0.01 -W 1 10.99.0.200");
        Assert.Equal(before, (await live.Interface.TransferAsync(live.OurKey)).Sent);
        Assert.Null(live.Receive(TimeSpan.Zero));
    }

    private static async Task MovedPrefix(LivePeer live)
    {
        live.Connect();
        live.Ping();
        var other = WireGuardInterface.NewKey();
        await live.Interface.SetAsync($"peer {other} allowed-ips {LivePeer.OurAddress}/32");
        var before = await live.DeliveredAsync();
        for (var i = 0; i < 5; i++)
        {
            live.Send(live.Echo());
        }

        await live.Interface.SetAsync($"peer {live.OurKey} allowed-ips 10.99.0.3/32");
        live.Send(live.Echo("10.99.0.3"));
        await Deadline.UntilAsync(
            () => live.DeliveredAsync().GetAwaiter().GetResult() > before, () => "nothing is delivered", TestContext.Current.CancellationToken);
        Assert.Equal(before + 1, await live.DeliveredAsync());
        await live.Interface.SetAsync($"peer {live.OurKey} allowed-ips {LivePeer.OurAddress}/32");
    }

    private static async Task NothingIsDelivered(LivePeer live, Func<byte[][]> datagrams)
    {
        live.Connect();
        live.Ping();
        var before = await live.DeliveredAsync();
        foreach (var datagram in datagrams())
        {
            live.Send(datagram);
        }

        live.Ping();
        Assert.Equal(before + 1, await live.DeliveredAsync());
    }

    private static async Task EndpointStays(LivePeer live, Func<byte[]> datagram)
    {
        using var elsewhere = live.OpenSocket();
        for (var i = 0; i < 5; i++)
        {
            elsewhere.SendTo(datagram(), live.DeviceEndpoint);
        }

        live.Ping();
        Assert.Equal(live.Socket.LocalEndPoint!.ToString(), (await live.Interface.ShowPeerAsync("endpoints", live.OurKey)).Single());
        Assert.Equal(0, elsewhere.Available);
    }
}
