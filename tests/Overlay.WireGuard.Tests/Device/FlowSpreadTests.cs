using System.Net;

using CsCheck;

using Overlay.WireGuard.Device.DataPath;
using Overlay.WireGuard.Tests.World;

namespace Overlay.WireGuard.Tests.Device;

public sealed class FlowSpreadTests
{
    [Fact]
    public void QueueOf_AnyBytes_IsAQueue() => Gen.Select(Gen.Byte.Array[0, 80], Gen.Int[1, 8]).Sample((packet, queues) =>
        Assert.InRange(FlowSpread.QueueOf(packet, queues), 0, queues - 1));

    [Fact]
    public void QueueOf_ManyFlows_UseAllQueues_AndEachFlowOne()
    {
        var used = new int[4];
        for (var port = 0; port < 400; port++)
        {
            var packet = Flow(port);
            var queue = FlowSpread.QueueOf(packet, used.Length);
            packet[40] ^= 0xFF; // Another payload.
            packet[4] ^= 0xFF; // Another identification.
            Assert.Equal(queue, FlowSpread.QueueOf(packet, used.Length));
            used[queue]++;
        }

        Assert.All(used, count => Assert.InRange(count, 40, 180));
    }

    /// <summary>The first fragment has ports, the others have none: all go one way.</summary>
    [Fact]
    public void QueueOf_Fragments_HaveTheQueueOfTheirAddresses()
    {
        var queues = Enumerable.Range(0, 100).Select(port =>
        {
            var packet = Flow(port);
            packet[6] = (byte)(port % 2 == 0 ? 0x20 : 0x00);
            packet[7] = (byte)(port % 2 == 0 ? 0x00 : 0xB9);
            return FlowSpread.QueueOf(packet, 8);
        });

        Assert.Single(queues.Distinct());
    }

    private static byte[] Flow(int port)
    {
        var packet = Pair.Packet(IPAddress.Loopback.ToString(), "10.0.2.1", 40);
        packet[9] = 17;
        (packet[20], packet[21]) = ((byte)(port >> 8), (byte)port);
        return packet;
    }
}
