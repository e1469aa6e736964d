using System.Buffers.Binary;
using System.Net;

using CsCheck;

using Overlay.Core.Addressing;
using Overlay.Linux.Netlink;
using Overlay.Linux.Netlink.Generic;
using Overlay.WireGuard.Control;
using Overlay.WireGuard.Control.Kernel;
using Overlay.WireGuard.Protocol.Keys;

namespace Overlay.WireGuard.Tests.Control.Kernel;

/// <summary>Our messages say what those of <c>wg</c> say, and we read what the kernel answers. The numbers are those of linux/wireguard.h.</summary>
public sealed class CapturedMessageTests
{
    private const int Index = 2;
    private const string Peer1 = "uFmW/sycfx/G0lcqdu2hHVm80gvo5UOxXOS9hajnWjM=";
    private const string Peer2 = "WEAuaVuhdyscyTCXVfBDJR6nf9zxD75jmJzrfhkyE3Y=";

    private static readonly GenericFamily _family = new("wireguard", 0x20, 1);

    [Fact]
    public void SetDevice_SameAsWg()
    {
        using var key = PrivateKey.TryParse("6EtabScXwQA6E7QxVwNT26ypFGzxUMX4V1aA/rpSAno=")!;

        AssertSame("wg set wg0 listen-port", batch => batch.SetDevice(_family, Index, 51820, 0x1234, key));
    }

    [Fact]
    public void SetPeers_WithEverything_SameAsWg()
    {
        using var key = PresharedKey.TryParse("GIUVCT6VL18i6GXO8wEucvi18LWYrAMJ1drM47cPz1I=")!;

        AssertSame($"wg set wg0 peer {Peer1}", Peers(new WireGuardPeerChange(Key(Peer1))
        {
            PresharedKey = key,
            Endpoint = IPEndPoint.Parse("192.0.2.1:51821"),
            PersistentKeepalive = TimeSpan.FromSeconds(25),
            ReplaceAllowedIps = true,
            AllowedIps = [new(InetPrefix.Parse("10.1.0.0/16")), new(InetPrefix.Parse("2001:db8::/32"))],
        }));
    }

    [Fact]
    public void SetPeers_WithIPv6Endpoint_SameAsWg() =>
        AssertSame($"wg set wg0 peer {Peer2} endpoint", Peers(new WireGuardPeerChange(Key(Peer2)) { Endpoint = IPEndPoint.Parse("[2001:db8::2]:7") }));

    [Fact]
    public void SetPeers_Remove_SameAsWg() =>
        AssertSame($"wg set wg0 peer {Peer2} remove", Peers(new WireGuardPeerChange(Key(Peer2)) { Remove = true }));

    [Fact]
    public void DumpDevice_SameAsWg() => AssertSame("wg show", batch => batch.DumpDevice(_family, Index));

    [Fact]
    public void Dump_IsReadAsWgShowsIt()
    {
        var visitor = new DeviceVisitor(_family);
        visitor.Begin();
        Visit(visitor, Captured.Reply("wg show"));
        using var state = visitor.ToState();

        Assert.Equal((51820, 0x1234u), (state.ListenPort, state.FirewallMark));
        Assert.Equal(state.PrivateKey!.PublicKey, state.PublicKey);
        var peer = Assert.Single(state.Peers);
        Assert.Equal(Key(Peer1), peer.PublicKey);
        Assert.Equal(IPEndPoint.Parse("192.0.2.1:51821"), peer.Endpoint);
        Assert.Equal(TimeSpan.FromSeconds(25), peer.PersistentKeepalive);
        Assert.NotNull(peer.PresharedKey);
        Assert.Null(peer.LastHandshake);
        Assert.Equal([InetPrefix.Parse("10.1.0.0/16"), InetPrefix.Parse("2001:db8::/32")], peer.AllowedIps);
    }

    [Fact]
    public void Dump_WithAPeerOverTwoMessages_IsOnePeer()
    {
        var visitor = new DeviceVisitor(_family);
        visitor.Begin();
        Visit(visitor, Captured.Reply("wg show"));
        Visit(visitor, Captured.Reply("wg show"));
        using var state = visitor.ToState();

        Assert.Equal(4, Assert.Single(state.Peers).AllowedIps.Count);
    }

    [Fact]
    public void Dump_OfAnyBytes_GivesAState()
    {
        var captured = Captured.Reply("wg show");
        Gen.Select(Gen.Select(Gen.Int[16, captured.Length - 1], Gen.Byte).Array[0, 8], Gen.Int[0, captured.Length]).Sample((changes, length) =>
        {
            var bytes = (byte[])captured.Clone();
            foreach (var (at, value) in changes)
            {
                bytes[at] = value;
            }

            BinaryPrimitives.WriteInt32LittleEndian(bytes, Math.Max(16, length));
            var visitor = new DeviceVisitor(_family);
            visitor.Begin();
            Visit(visitor, bytes.AsSpan(0, Math.Max(16, length)));
            visitor.ToState().Dispose();
        });
    }

    private static PublicKey Key(string text) => PublicKey.TryParse(text, out var key) ? key : throw new FormatException(text);

    private static Action<NetlinkBatch> Peers(params WireGuardPeerChange[] changes) => batch =>
    {
        foreach (var message in PeerPiece.Divide(changes))
        {
            batch.SetPeers(_family, Index, message);
        }
    };

    private static void Visit(DeviceVisitor visitor, ReadOnlySpan<byte> bytes)
    {
        foreach (var message in new NetlinkMessageReader(bytes))
        {
            visitor.Visit(message);
        }
    }

    private static void AssertSame(string command, Action<NetlinkBatch> write)
    {
        // wg names the device, we number it, so that a new name of it makes no difference: WGDEVICE_A_IFNAME "wg0" and WGDEVICE_A_IFINDEX 2.
        var expected = Convert.ToHexString(Captured.Request(command)).Replace("0800020077673000", "0800010002000000", StringComparison.Ordinal);
        using var batch = new NetlinkBatch();
        write(batch);

        Assert.Equal(expected, Convert.ToHexString(batch.Seal(0, batch.Count, 1, acknowledge: true)[NetlinkMessage.HeaderSize..]));
    }
}
