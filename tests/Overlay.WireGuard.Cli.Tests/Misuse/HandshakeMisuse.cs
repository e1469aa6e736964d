using System.Diagnostics;
using Overlay.WireGuard.Protocol.Hashing;
using Overlay.WireGuard.Protocol.Keys;
using Overlay.WireGuard.Protocol.Messages;
using Overlay.WireGuard.Protocol.Peers;

namespace Overlay.WireGuard.Cli.Tests.Misuse;

/// <summary>Points 3 to 5, 7, 8 and 14: handshakes that are old, weak, wrong or left unfinished.</summary>
internal static class HandshakeMisuse
{
    public static Dictionary<string, Func<LivePeer, Task>> Rows { get; } = new()
    {
        ["an initiation a second time"] = InitiationTwice,
        ["an older initiation after a newer one"] = OlderInitiation,
        ["an initiation whose ephemeral key is of low order"] = LowOrderInitiation,
        ["a response whose ephemeral key is of low order"] = LowOrderResponse,
        ["a response made with another preshared key"] = WrongPresharedKey,
        ["a session that we do not confirm"] = Unconfirmed,
        ["no answer to an initiation while packets wait"] = Unanswered,
        ["a cookie that nobody asked for"] = UnaskedCookie,
    };

    /// <summary>Makes MAC1 right again, after a change.</summary>
    public static void Sign(LivePeer live, Span<byte> message)
    {
        var covered = message[..^(2 * MessageMacs.Size)];
        Blake2s.Mac(live.Device.MessageKeys.Mac1, covered, [], message[covered.Length..^MessageMacs.Size]);
    }

    /// <summary>Lets the device begin a handshake, by a packet of its own for us, and takes its initiation.</summary>
    public static (byte[] Initiation, Task Ping) LetThemInitiate(LivePeer live)
    {
        var ping = live.Space.TryRunAsync($"ping -c 1 -W 1 {LivePeer.OurAddress}");
        return (live.Expect(MessageKind.Initiation), ping);
    }

    /// <summary>The engine's answer to an initiation, which is not sent.</summary>
    public static byte[] Respond(LivePeer live, byte[] initiation)
    {
        var response = new byte[ProtocolEngine.MaximumHandshakeSize];
        var outcome = live.Node.Engine.ReceiveHandshake(initiation, live.Node.Endpoint, isUnderLoad: false, response, live.Node.Now);
        Assert.Equal(DropCause.None, outcome.Cause);
        return response[..outcome.ReplyLength];
    }

    private static Task InitiationTwice(LivePeer live)
    {
        var initiation = live.Initiation();
        live.Send(initiation);
        live.Expect(MessageKind.Response);
        live.Connect();
        live.Send(initiation);
        return Task.CompletedTask;
    }

    private static Task OlderInitiation(LivePeer live)
    {
        var older = live.Initiation();
        live.Connect();
        live.Send(older);
        return Task.CompletedTask;
    }

    private static Task LowOrderInitiation(LivePeer live)
    {
        var initiation = live.Initiation();
        initiation.AsSpan(8, 32).Clear();
        Sign(live, initiation);
        live.Send(initiation);
        return Task.CompletedTask;
    }

    private static async Task LowOrderResponse(LivePeer live)
    {
        var (initiation, ping) = LetThemInitiate(live);
        var response = Respond(live, initiation);
        response.AsSpan(12, 32).Clear();
        Sign(live, response);
        live.Send(response);
        await ping;
        Assert.DoesNotContain(Pending(live), datagram => datagram[0] == (byte)MessageKind.Transport);
    }

    private static async Task WrongPresharedKey(LivePeer live)
    {
        live.Device.SetPresharedKey(PresharedKey.Import(Enumerable.Repeat((byte)1, 32).ToArray()));
        var (initiation, ping) = LetThemInitiate(live);
        live.Send(Respond(live, initiation));
        await ping;
        Assert.DoesNotContain(Pending(live), datagram => datagram[0] == (byte)MessageKind.Transport);
        live.Device.SetPresharedKey(null);
    }

    private static async Task Unconfirmed(LivePeer live)
    {
        var (_, ping) = LetThemInitiate(live); // A packet for us waits in the device; we do not answer, but ask.
        live.Send(live.Initiation());
        var response = live.Expect(MessageKind.Response);
        await ping; // A second has gone by.
        Assert.DoesNotContain(Pending(live), datagram => datagram[0] == (byte)MessageKind.Transport);

        Assert.Equal(DropCause.None, live.Node.Receive(response, live.Node.Endpoint)); // The node confirms.
        Assert.True(live.Expect(MessageKind.Transport).Length > TransportMessage.Overhead);
    }

    private static async Task Unanswered(LivePeer live)
    {
        var clock = Stopwatch.StartNew();
        var ping = live.Space.TryRunAsync($"ping -c 600 -i 0.01 -w 6 -W 1 {LivePeer.OurAddress}");
        live.Expect(MessageKind.Initiation);
        var first = clock.Elapsed;
        live.Expect(MessageKind.Initiation);
        Assert.True(clock.Elapsed - first > TimeSpan.FromSeconds(4.9), $"{clock.Elapsed - first} between two initiations");
        await ping;
        _ = Pending(live);
    }

    private static async Task UnaskedCookie(LivePeer live)
    {
        var cookie = new byte[CookieReplyMessage.Size];
        MessageHeader.Write(cookie, MessageKind.CookieReply, 0);
        live.Send(cookie);
        var (initiation, ping) = LetThemInitiate(live);
        Assert.Equal(new byte[16], initiation[^16..]);

        // One for its last initiation, but sealed by somebody who does not know the key.
        initiation.AsSpan(4, 4).CopyTo(cookie.AsSpan(4));
        live.Send(cookie);
        await ping;
        var (next, second) = LetThemInitiate(live);
        Assert.Equal(new byte[16], next[^16..]);
        await second;
    }

    /// <summary>What has come in meanwhile.</summary>
    private static List<byte[]> Pending(LivePeer live)
    {
        var pending = new List<byte[]>();
        while (live.Receive(TimeSpan.Zero) is { } datagram)
        {
            pending.Add(datagram);
        }

        return pending;
    }
}
