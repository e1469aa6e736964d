using CsCheck;
using Overlay.Core.Addressing;
using Overlay.Linux.Netlink;
using Overlay.Linux.Netlink.Route;
using Xunit;

namespace Overlay.Linux.Tests.Netlink;

/// <summary>Any bytes give a value or a refusal: never an exception, never an endless loop.</summary>
public sealed class ReaderPropertyTests
{
    [Fact]
    public void Readers_AnyBytes_End() => Gen.Byte.Array[0, 400].Sample(bytes => ReadEverything(bytes) <= bytes.Length);

    [Fact]
    public void Readers_CapturedBytesWithChanges_End()
    {
        var captured = Captured.All.ToArray();
        var change = Gen.Select(Gen.Int[0, captured.Length - 1], Gen.Int[0, 4000], Gen.Byte, Gen.Int[0, 4000]);
        change.Array[1, 8].Sample(changes =>
        {
            var bytes = (byte[])captured[changes[0].Item1].Clone();
            foreach (var (_, at, value, _) in changes)
            {
                bytes[at % bytes.Length] = value;
            }

            var cut = bytes.AsSpan(0, Math.Max(1, bytes.Length - (changes[0].Item4 % bytes.Length)));
            return ReadEverything(cut) <= cut.Length;
        });
    }

    [Fact]
    public void MessageReader_LengthUnderHeader_Ends()
    {
        // A length of 0 would stand still.
        Assert.False(new NetlinkMessageReader(new byte[64]).GetEnumerator().MoveNext());
        Assert.False(new NetlinkAttributeReader(new byte[64]).GetEnumerator().MoveNext());
    }

    [Fact]
    public void Attributes_WriteThenRead_GiveTheSame() =>
        Gen.Select(Gen.UShort[1, 0x3FFF], Gen.Byte.Array[0, 300], Gen.UInt, Gen.ULong).Sample((type, bytes, number, large) =>
        {
            using var batch = new NetlinkBatch();
            using (var message = batch.Begin(1, NetlinkFlags.None, "test", 7))
            {
                message.Add(type, bytes);
                using (message.Begin(type))
                {
                    message.Add(type, number);
                    message.AddBigEndian(type, number);
                }

                message.Add(type, large);
            }

            var reader = new NetlinkMessageReader(batch.Seal(0, 1, 1, acknowledge: false));
            Assert.True(reader.MoveNext());
            Assert.True(reader.Current.TryRead<int>(out var header, out var attributes));
            Assert.Equal(7, header);
            Assert.True(attributes.MoveNext());
            Assert.Equal((type, Convert.ToHexString(bytes)), (attributes.Current.Type, Convert.ToHexString(attributes.Current.Value)));
            Assert.True(attributes.MoveNext());
            var nested = attributes.Current.AsNested();
            Assert.True(nested.MoveNext());
            Assert.Equal(number, nested.Current.AsUInt32());
            Assert.True(nested.MoveNext());
            Assert.Equal(number, nested.Current.AsBigEndianUInt32());
            Assert.False(nested.MoveNext());
            Assert.True(attributes.MoveNext());
            Assert.Equal(large, attributes.Current.AsUInt64());
            Assert.False(attributes.MoveNext());
            Assert.False(reader.MoveNext());
        });

    [Fact]
    public void Route_WriteThenRead_GivesTheSame() =>
        Gen.Select(Gen.UInt, Gen.Int[0, 32], Gen.UInt[1, uint.MaxValue], Gen.UInt, Gen.Int[1, 1000], Gen.Int[0, 9000]).Sample((address, length, table, metric, link, mtu) =>
        {
            var route = new RouteMessage
            {
                Destination = new InetPrefix(InetAddress.FromIPv4(length == 0 ? 0 : address >> (32 - length) << (32 - length)), length),
                Table = table,
                Metric = metric,
                Gateway = InetAddress.FromIPv4(~address),
                Link = link,
                Mtu = mtu,
                IsOnLink = true,
                Protocol = 111,
                Scope = 0,
            };
            using var batch = new NetlinkBatch();
            batch.ReplaceRoute(route);
            var reader = new NetlinkMessageReader(batch.Seal(0, 1, 1, acknowledge: false));
            Assert.True(reader.MoveNext());
            Assert.True(RouteMessage.TryRead(reader.Current, out var read));
            Assert.Equal(route, read);
        });

    private static int ReadEverything(ReadOnlySpan<byte> datagram)
    {
        var messages = 0;
        foreach (var message in new NetlinkMessageReader(datagram))
        {
            messages++;
            if (LinkMessage.TryRead(message, out var link))
            {
                link.ToLink();
            }

            AddressMessage.TryRead(message, out _);
            RouteMessage.TryRead(message, out _);
            NeighbourMessage.TryRead(message, out _);
            ForwardingMessage.TryRead(message, out _);
            NetlinkVerdict.TryRead(message, out _);
            foreach (var attribute in new NetlinkAttributeReader(message.Payload))
            {
                messages += attribute.AsByte() + attribute.AsUInt16() + attribute.AsBigEndianUInt16() >= 0 ? 0 : 1;
                _ = attribute.AsUInt32() + attribute.AsUInt64() + attribute.AsBigEndianUInt32();
                _ = (attribute.AsText(), attribute.AsAddress(), attribute.AsMac());
                foreach (var nested in attribute.AsNested())
                {
                    _ = nested.Type;
                }
            }
        }

        return messages;
    }
}
