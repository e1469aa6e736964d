using CsCheck;

using Overlay.WireGuard.Protocol.Peers;
using Overlay.WireGuard.Tests.World;

namespace Overlay.WireGuard.Tests.Conformance;

/// <summary>10,000 changed messages of each kind: never an exception, never an answer to what is not authentic, nothing kept.</summary>
public sealed class MutationTests : IDisposable
{
    private const int Mutations = 10_000;

    private readonly Pair _pair = new();

    /// <summary>Bits flipped, bytes set, ends cut off, bytes appended.</summary>
    private static readonly Gen<Func<byte[], byte[]>> _mutation = Gen.OneOf(
        Gen.Select(Gen.Int[0, 4000], Gen.Int[1, 255]).Select<(int At, int Change), Func<byte[], byte[]>>(change => message => Change(message, change.At, (byte)change.Change)),
        Gen.Select(Gen.Int[0, 4000], Gen.Int[1, 255], Gen.Int[0, 4000]).Select<(int At, int Change, int Second), Func<byte[], byte[]>>(
            change => message => Change(Change(message, change.At, (byte)change.Change), change.Second, 0x80)),
        Gen.Int[0, 4000].Select<int, Func<byte[], byte[]>>(length => message => message[..(length % message.Length)]),
        Gen.Byte.Array[1, 64].Select<byte[], Func<byte[], byte[]>>(more => message => [.. message, .. more]));

    [Fact]
    public void Initiation_Changed_IsNeverAnswered() => Mutate(Record(1));

    [Fact]
    public void Response_Changed_IsNeverAccepted() => Mutate(Record(2));

    [Fact]
    public void CookieReply_Changed_IsNeverAccepted()
    {
        _pair.B.IsUnderLoad = true;
        Mutate(Record(3));
    }

    [Fact]
    public void Transport_Changed_IsNeverDelivered()
    {
        _pair.Connect();
        Mutate(Record(4));
    }

    [Fact]
    public void AnyBytes_AreNeverAnswered() => Gen.Select(Gen.Int[0, 5], Gen.Byte.Array[0, 200]).Sample(
        (kind, bytes) =>
        {
            if (bytes.Length >= 4)
            {
                (bytes[0], bytes[1], bytes[2], bytes[3]) = ((byte)kind, 0, 0, 0);
            }

            _pair.Log.Clear();
            Assert.NotEqual(DropCause.None, _pair.B.Receive(bytes, _pair.A.Endpoint));
            Assert.Empty(_pair.Log);
        },
        iter: Mutations,
        threads: 1);

    /// <summary>The first datagram of this kind, which is lost.</summary>
    private (Node To, Node From, byte[] Datagram) Record(int kind)
    {
        _pair.Loses = (_, datagram) => datagram[0] == kind;
        _pair.FromA();
        var (from, datagram) = _pair.Log.First(entry => entry.Datagram[0] == kind);
        return (from == _pair.A ? _pair.B : _pair.A, from, datagram);
    }

    private void Mutate((Node To, Node From, byte[] Datagram) recorded)
    {
        var (to, from, datagram) = recorded;
        _pair.Loses = (_, _) => true;
        var indices = to.Engine.Indices.Count;
        var endpoint = to.PeerOf(from).Endpoint;
        _mutation.Sample(
            mutate =>
            {
                var mutated = mutate(datagram.ToArray());
                if (mutated.AsSpan().SequenceEqual(datagram))
                {
                    return;
                }

                _pair.Log.Clear();
                var cause = to.Receive(mutated, from.Endpoint with { Port = 7 });

                Assert.NotEqual(DropCause.None, cause);
                Assert.Empty(_pair.Log);
            },
            iter: Mutations,
            threads: 1);

        Assert.Equal(indices, to.Engine.Indices.Count);
        Assert.Empty(to.Delivered);
        Assert.Equal(endpoint, to.PeerOf(from).Endpoint);

        // After all that the genuine message is still good.
        Assert.Equal(DropCause.None, to.Receive(datagram, from.Endpoint));
    }

    private static byte[] Change(byte[] message, int at, byte change)
    {
        // MAC2 is not looked at without load: a message that differs only there is as good as the genuine one.
        var end = message[0] is 1 or 2 ? message.Length - 16 : message.Length;
        message[at % end] ^= change;
        return message;
    }

    public void Dispose() => _pair.Dispose();
}
