using CsCheck;
using Overlay.WireGuard.Protocol.Messages;

namespace Overlay.WireGuard.Cli.Tests.Misuse;

/// <summary>10,000 changed messages of each kind against the running program: it lives, says nothing, keeps nothing. Needs root.</summary>
[Trait("Needs", "root")]
public sealed class MutationTests
{
    private const int Mutations = 10_000;

    /// <summary>So few that the socket's queue holds them, between two signs of life.</summary>
    private const int Batch = 200;

    /// <summary>What caches and queues may take once; 10,000 messages that were kept would be more.</summary>
    private const long Growth = 24_000_000;

    /// <summary>Bits flipped, bytes set, ends cut off, bytes appended.</summary>
    private static readonly Gen<Func<byte[], byte[]>> _mutation = Gen.OneOf(
        Gen.Select(Gen.Int[0, 4000], Gen.Int[1, 255]).Select<(int At, int Change), Func<byte[], byte[]>>(change => message => Change(message, change.At, change.Change)),
        Gen.Select(Gen.Int[0, 4000], Gen.Int[1, 255], Gen.Int[0, 4000]).Select<(int At, int Change, int Second), Func<byte[], byte[]>>(
            change => message => Change(Change(message, change.At, change.Change), change.Second, 0x80)),
        Gen.Int[0, 4000].Select<int, Func<byte[], byte[]>>(length => message => message[..(length % message.Length)]),
        Gen.Byte.Array[1, 64].Select<byte[], Func<byte[], byte[]>>(more => message => [.. message, .. more]));

    [Fact]
    public Task Initiation_Changed_IsNeverAnswered() => MutateAsync(live => live.Initiation());

    [Fact]
    public Task Response_Changed_IsNeverAccepted() => MutateAsync(live =>
    {
        // The device asks, we have the answer; its session would be the current one and the next ping would need it.
        var (initiation, _) = HandshakeMisuse.LetThemInitiate(live);
        return HandshakeMisuse.Respond(live, initiation);
    });

    [Fact]
    public Task CookieReply_Changed_IsNeverTaken() => MutateAsync(live =>
    {
        var (initiation, _) = HandshakeMisuse.LetThemInitiate(live);
        var cookie = new byte[CookieReplyMessage.Size];
        MessageHeader.Write(cookie, MessageKind.CookieReply, new MessageMacs(initiation).Sender);
        return cookie;
    });

    [Fact]
    public Task Transport_Changed_IsNeverDelivered() => MutateAsync(live =>
    {
        live.Connect();
        return live.Echo();
    });

    private static async Task MutateAsync(Func<LivePeer, byte[]> genuine)
    {
        await using var live = await LivePeer.OpenAsync();
        var message = genuine(live);
        live.Connect();
        live.Ping();
        var (memory, delivered, pings) = (live.Interface.MemoryBytes("VmRSS"), await live.DeliveredAsync(), 0);
        var sent = 0;
        _mutation.Sample(
            mutate =>
            {
                var mutated = mutate(message.ToArray());
                if (!mutated.AsSpan().SequenceEqual(message))
                {
                    live.Send(mutated);
                }

                if (++sent % Batch == 0)
                {
                    live.Ping();
                    pings++;
                }
            },
            iter: Mutations,
            threads: 1);

        // A slow machine was under load by this, and answers with cookies for a second longer.
        await Task.Delay(TimeSpan.FromSeconds(1.5));

        Assert.True(sent >= Mutations);
        Assert.Equal(delivered + pings, await live.DeliveredAsync());
        live.IsSilentAndWell();
        var growth = live.Interface.MemoryBytes("VmRSS") - memory;
        Assert.True(growth < Growth, $"{growth} bytes more after {Mutations} messages");
    }

    private static byte[] Change(byte[] message, int at, int change)
    {
        // MAC2 is not looked at without load: a message that differs only there is as good as the genuine one.
        var end = message[0] is 1 or 2 ? message.Length - 16 : message.Length;
        message[at % end] ^= (byte)change;
        return message;
    }
}
