using System.Buffers.Binary;
using BenchmarkDotNet.Attributes;
using Overlay.Core.Addressing;
using Overlay.Linux.Kernel;
using Overlay.Linux.Netlink;
using Overlay.Linux.Netlink.Route;

namespace Overlay.Benchmarks.Micro;

/// <summary>The three requests of a VXLAN peer (neighbour, forwarding entry, route) for so many peers, written into one buffer that is used again. The
/// baseline is the usual way, that of flannel's library among others: an object per attribute and an array per message.</summary>
public class NetlinkWriting
{
    private readonly NetlinkBatch _batch = new();

    [Params(1, 8, 64, 512)]
    public int Peers { get; set; }

    [GlobalCleanup]
    public void End() => _batch.Dispose();

    [Benchmark]
    public int Batch()
    {
        _batch.Clear();
        for (var i = 0; i < Peers; i++)
        {
            var peer = SamplePeer.At(i);
            _batch.ReplaceNeighbour(7, peer.Subnet.Address, peer.Mac);
            _batch.ReplaceForwarding(7, peer.Mac, peer.Remote);
            _batch.ReplaceRoute(new RouteMessage
            {
                Destination = peer.Subnet,
                Gateway = peer.Subnet.Address,
                Link = 7,
                IsOnLink = true,
                Protocol = RouteProtocols.Overlay,
            });
        }

        return _batch.Length;
    }

    [Benchmark(Baseline = true)]
    public int ArrayPerMessage()
    {
        var length = 0;
        for (var i = 0; i < Peers; i++)
        {
            var peer = SamplePeer.At(i);
            length += Message(28, 12, [(1, Bytes(peer.Subnet.Address)), (2, Bytes(peer.Mac))]).Length;
            length += Message(28, 12, [(2, Bytes(peer.Mac)), (1, Bytes(peer.Remote))]).Length;
            length += Message(24, 12, [(1, Bytes(peer.Subnet.Address)), (5, Bytes(peer.Subnet.Address)), (4, BitConverter.GetBytes(7))]).Length;
        }

        return length;
    }

    private static byte[] Message(ushort type, int headerSize, List<(ushort Type, byte[] Value)> attributes)
    {
        var encoded = attributes.Select(attribute =>
        {
            var bytes = new byte[(4 + attribute.Value.Length + 3) & ~3];
            BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)(4 + attribute.Value.Length));
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2), attribute.Type);
            attribute.Value.CopyTo(bytes, 4);
            return bytes;
        }).ToList();
        var message = new byte[16 + headerSize + encoded.Sum(bytes => bytes.Length)];
        BinaryPrimitives.WriteInt32LittleEndian(message, message.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(4), type);
        var offset = 16 + headerSize;
        foreach (var bytes in encoded)
        {
            bytes.CopyTo(message, offset);
            offset += bytes.Length;
        }

        return message;
    }

    private static byte[] Bytes(InetAddress address)
    {
        var bytes = new byte[address.Size];
        address.Write(bytes);
        return bytes;
    }

    private static byte[] Bytes(MacAddress mac)
    {
        var bytes = new byte[MacAddress.Size];
        mac.Write(bytes);
        return bytes;
    }
}
