using System.Buffers.Binary;
using BenchmarkDotNet.Attributes;
using Overlay.Core.Addressing;
using Overlay.Linux.Kernel;
using Overlay.Linux.Netlink;
using Overlay.Linux.Netlink.Route;

namespace Overlay.Benchmarks.Micro;

/// <summary>Reads so many route messages, as they come in the datagrams of a dump. The baseline copies each attribute into a list, as most netlink
/// libraries do.</summary>
public class NetlinkReading
{
    private byte[] _datagram = [];

    [Params(1, 8, 64, 512)]
    public int Routes { get; set; }

    [GlobalSetup]
    public void Begin()
    {
        using var batch = new NetlinkBatch();
        for (var i = 0; i < Routes; i++)
        {
            var peer = SamplePeer.At(i);
            batch.ReplaceRoute(new RouteMessage { Destination = peer.Subnet, Gateway = peer.Subnet.Address, Link = 7, IsOnLink = true, Protocol = RouteProtocols.Overlay });
        }

        // A request to make a route and the notification that it was made have one form (rtnetlink(7)).
        _datagram = batch.Seal(0, Routes, sequence: 1, acknowledge: false).ToArray();
    }

    [Benchmark]
    public int Views()
    {
        var count = 0;
        foreach (var message in new NetlinkMessageReader(_datagram))
        {
            if (RouteMessage.TryRead(message, out var route) && route.IsOnLink)
            {
                count++;
            }
        }

        return count == Routes ? count : throw new InvalidOperationException("A route was lost.");
    }

    [Benchmark(Baseline = true)]
    public int ListOfAttributes()
    {
        var count = 0;
        for (var offset = 0; offset < _datagram.Length;)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(_datagram.AsSpan(offset));
            var attributes = new List<(ushort Type, byte[] Value)>();
            for (var at = offset + 28; at < offset + length;)
            {
                var size = BinaryPrimitives.ReadUInt16LittleEndian(_datagram.AsSpan(at));
                attributes.Add((BinaryPrimitives.ReadUInt16LittleEndian(_datagram.AsSpan(at + 2)), _datagram[(at + 4)..(at + size)]));
                at += (size + 3) & ~3;
            }

            var header = _datagram.AsSpan(offset + 16);
            var route = new RouteMessage
            {
                Destination = new InetPrefix(InetAddress.Read(Find(attributes, 1)), header[1]),
                Gateway = InetAddress.Read(Find(attributes, 5)),
                Link = BinaryPrimitives.ReadInt32LittleEndian(Find(attributes, 4)),
                IsOnLink = (BinaryPrimitives.ReadUInt32LittleEndian(header[8..]) & 4) != 0,
                Protocol = header[5],
            };
            count += route.IsOnLink ? 1 : 0;
            offset += (length + 3) & ~3;
        }

        return count == Routes ? count : throw new InvalidOperationException("A route was lost.");
    }

    private static byte[] Find(List<(ushort Type, byte[] Value)> attributes, ushort type) => attributes.Single(attribute => attribute.Type == type).Value;
}
