using Overlay.WireGuard.Protocol.Aead;
using Overlay.WireGuard.Protocol.Keys;
using Overlay.WireGuard.Protocol.Messages;
using Overlay.WireGuard.Protocol.Packets;
using Overlay.WireGuard.Protocol.Peers;
using Overlay.WireGuard.Protocol.Sessions;
using Overlay.WireGuard.Tests.World;

namespace Overlay.WireGuard.Tests.Peers;

/// <summary>The way of a packet as a device will drive it: lookups and events once per train, sealed and opened within the caller's buffers.</summary>
public sealed class PacketPathTests
{
    public static TheoryData<string> Libraries => ["nsec", "system", "sized"];

    [Theory]
    [MemberData(nameof(Libraries))]
    public void Trains_BothWays_AllocateNothing(string library)
    {
        var nsec = new NSecAead(new KeyVault());
        var system = new SystemAead(nsec);
        using var pair = new Pair(library switch { "nsec" => nsec, "system" => system, _ => new SizedAead(nsec, system, 512) });
        pair.Connect();
        var packet = Pair.Packet("10.0.1.1", "10.0.2.1", 1400);
        var train = new byte[40 * (packet.Length + TransportMessage.Overhead)];
        void Run(int trains)
        {
            for (var i = 0; i < trains; i++)
            {
                Carry(pair.A, pair.B, packet, train, packets: 40);
            }
        }

        Run(20);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Run(100);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static void Carry(Node from, Node to, ReadOnlySpan<byte> packet, Span<byte> train, int packets)
    {
        var size = Session.MessageSize(packet.Length);
        Assert.True(InnerPacket.TryReadOutgoing(packet, out var inner));
        var receiver = from.Engine.AllowedIps.Find(inner.Destination)!;
        var sending = receiver.SelectSession(from.Now)!;
        Assert.True(sending.TryReserve(packets, out var counter));
        for (var i = 0; i < packets; i++)
        {
            var message = train.Slice(i * size, size);
            packet.CopyTo(message[TransportMessage.HeaderSize..]);
            Assert.True(sending.TrySeal(counter + (ulong)i, message.Slice(TransportMessage.HeaderSize, packet.Length), message));
        }

        receiver.Sent(packets * size, hasData: true, from.Now);

        Assert.True(TransportMessage.TryRead(train[..size], out var first));
        Assert.True(to.Engine.TryFindSession(first.Receiver, out var sender, out var receiving));
        Assert.True(receiving.CanReceive(to.Now));
        for (var i = 0; i < packets; i++)
        {
            var message = train.Slice(i * size, size);
            Assert.True(TransportMessage.TryRead(message, out var view));
            var payload = message.Slice(TransportMessage.HeaderSize, packet.Length);
            Assert.True(receiving.Open(view, payload) == OpenResult.Opened);
            Assert.True(to.Engine.Inspect(sender, payload, 0, out var length) == DropCause.None && length == packet.Length);
        }

        sender.Received(receiving, from.Endpoint, packets * size, hasData: true, to.Now);
    }
}
