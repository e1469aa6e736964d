using System.Net;
using System.Net.Sockets;
using System.Text;
using Overlay.TestKit.WireGuard;
using Overlay.WireGuard.Protocol.Messages;

namespace Overlay.WireGuard.Cli.Tests.Misuse;

/// <summary>Points 13 and 18 to 22: what surrounds the messages.</summary>
internal static class SurroundingsMisuse
{
    public static Dictionary<string, Func<LivePeer, Task>> Rows { get; } = new()
    {
        ["a contact to the second address of the device"] = SecondAddress,
        ["handshakes and packets with congestion bits"] = TrafficClass,
        ["congestion marked outside on a packet that cannot carry the mark"] = Congestion,
        ["packets of all sizes"] = OuterHeaders,
        ["an initiation and a packet while the interface is down"] = Down,
        ["nonsense on the UAPI socket"] = Nonsense,
        ["messages that are dropped"] = NotCounted,
        ["three thousand peers"] = ManyPeers,
    };

    private static Task SecondAddress(LivePeer live)
    {
        var second = new IPEndPoint(IPAddress.Parse("127.0.0.5"), live.DeviceEndpoint.Port);
        live.Socket.SendTo(live.Initiation(), second);
        var response = live.Expect(MessageKind.Response);
        Assert.Equal(second, live.LastSource);
        Assert.Equal(Protocol.Peers.DropCause.None, live.Node.Receive(response, live.Node.Endpoint));
        live.Socket.SendTo(live.Echo(), second);
        live.Expect(MessageKind.Transport);
        Assert.Equal(second, live.LastSource);
        return Task.CompletedTask;
    }

    private static async Task TrafficClass(LivePeer live)
    {
        await WatchAsync(live, """
            @th,64,8 1 ip dscp af41 counter name good
            @th,64,8 1 ip dscp != af41 counter name bad
            @th,64,8 2 ip dscp af41 counter name good
            @th,64,8 2 ip dscp != af41 counter name bad
            @th,64,8 4 ip dscp != cs0 counter name bad
            udp length > 100 @th,64,8 4 ip ecn ect0 counter name good
            """);
        var (initiation, ping) = HandshakeMisuse.LetThemInitiate(live);
        live.Send(HandshakeMisuse.Respond(live, initiation));
        live.Expect(MessageKind.Transport);
        await ping;
        live.Connect();
        await live.Space.TryRunAsync($"ping -c 1 -W 1 -Q 0xbe {LivePeer.OurAddress}"); // DSCP EF and ECT(0).

        Assert.Equal((3, 0), (await live.Space.CountAsync("good"), await live.Space.CountAsync("bad")));
    }

    private static async Task Congestion(LivePeer live)
    {
        live.Connect();
        live.Ping();
        var before = await live.DeliveredAsync();
        live.Socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.TypeOfService, 3);
        live.Send(live.Echo());
        live.Socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.TypeOfService, 0);
        live.Ping();
        Assert.Equal(before + 1, await live.DeliveredAsync());
    }

    private static async Task OuterHeaders(LivePeer live)
    {
        await WatchAsync(live, """
            ip frag-off & 0x4000 != 0 counter name bad
            udp checksum 0 counter name bad
            counter name good
            """);
        live.Connect();
        live.Ping();
        foreach (var size in new[] { 0, 500, 1392 })
        {
            await live.Space.TryRunAsync($"ping -c 2 -i 0.05 -W 1 -M do -s {size} {LivePeer.OurAddress}");
        }

        Assert.Equal(0, await live.Space.CountAsync("bad"));
        Assert.True(await live.Space.CountAsync("good") >= 6);
    }

    private static async Task Down(LivePeer live)
    {
        live.Connect();
        live.Ping();
        var late = live.Echo();
        await live.Space.RunAsync($"ip link set {live.Interface.Name} down");
        live.Send(live.Initiation());
        live.Send(late);
        await live.Space.RunAsync($"ip link set {live.Interface.Name} up");
        live.Send(late);
    }

    private static async Task Nonsense(LivePeer live)
    {
        var before = await live.Interface.ShowAsync("dump");
        foreach (var nonsense in new[]
        {
            "set=1\nno_such_key=1\n\n", "set=1\nprivate_key=zz\n\n", "set=1\nlisten_port=70000\n\n", "set=1\npublic_key=00\n\n", "set=1\nallowed_ip=10.0.0.0/8\n\n",
            "set=1\nfwmark=-1\n\n", "set=1\nreplace_peers=maybe\n\n", $"set=1\npublic_key={new string('a', 64)}\nallowed_ip=10.0.0.0/33\n\n", "set=2\n\n", "get=2\n\n", "frob\n\n",
        })
        {
            var answer = await AskAsync(live, nonsense);
            Assert.True(answer.Length == 0 || (answer.Contains("errno=", StringComparison.Ordinal) && !answer.Contains("errno=0", StringComparison.Ordinal)), $"{nonsense}: {answer}");
        }

        await AskAsync(live, new string('x', 1_000_000));
        await AskAsync(live, "");
        await AskAsync(live, "set=1\nlisten_port=1");
        await live.Interface.SetAsync($"peer {Convert.ToBase64String(Enumerable.Repeat((byte)0xaa, 32).ToArray())} remove"); // wireguard-go makes it before it refuses the prefix.
        Assert.Equal(before, await live.Interface.ShowAsync("dump"));
    }

    private static async Task NotCounted(LivePeer live)
    {
        live.Connect();
        live.Ping();
        var (before, _) = await live.Interface.TransferAsync(live.OurKey);
        var forged = live.Echo();
        forged[^1] ^= 1;
        var initiation = live.Initiation();
        initiation[20] ^= 1;
        HandshakeMisuse.Sign(live, initiation);
        for (var i = 0; i < 100; i++)
        {
            live.Send(forged);
            live.Send(initiation);
        }

        live.Ping();
        Assert.Equal(before + 64, (await live.Interface.TransferAsync(live.OurKey)).Received);
    }

    private static async Task ManyPeers(LivePeer live)
    {
        await live.Interface.AddPeersAsync(string.Concat(Enumerable.Range(0, 3000).Select(i => $"[Peer]\nPublicKey = {WireGuardInterface.NewKey()}\nAllowedIPs = 10.100.{i >> 8}.{i & 255}/32\n")));
        Assert.Equal(3001, (await live.Interface.ShowAsync("peers")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        live.Connect();
        live.Ping();
    }

    /// <summary>Counts what leaves the device's port, by rules.</summary>
    private static Task WatchAsync(LivePeer live, string rules) => live.Space.LoadRulesAsync($$"""
        table inet t {
            counter good { }
            counter bad { }
            chain o { type filter hook output priority filter; udp sport {{live.DeviceEndpoint.Port}} jump outer; }
            chain outer {
            {{rules}}
            }
        }
        """);

    private static async Task<string> AskAsync(LivePeer live, string question)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(live.Interface.SocketPath), deadline.Token);
        var answer = new byte[65_536];
        var length = 0;
        try
        {
            await socket.SendAsync(Encoding.ASCII.GetBytes(question), deadline.Token);
            socket.Shutdown(SocketShutdown.Send);
            for (int more; length < answer.Length && (more = await socket.ReceiveAsync(answer.AsMemory(length), deadline.Token)) > 0;)
            {
                length += more;
            }
        }
        catch (SocketException)
        {
            // Hung up on while we still wrote: a refusal too.
        }

        return Encoding.ASCII.GetString(answer, 0, length);
    }
}
