using CsCheck;

using Overlay.Core.Addressing;
using Overlay.Linux.Netlink;
using Overlay.Linux.Netlink.Generic;
using Overlay.WireGuard.Control;
using Overlay.WireGuard.Control.Kernel;
using Overlay.WireGuard.Protocol.Keys;

namespace Overlay.WireGuard.Tests.Control.Kernel;

public sealed class PeerPieceTests
{
    private static readonly GenericFamily _family = new("wireguard", 0x20, 1);

    [Fact]
    public void Divide_AnyChanges_KeepsAllInOrder_AndEachMessageWithinItsSize() =>
        Gen.OneOf(Gen.Int[0, 5], Gen.Int[0, 1000]).Array[0, 80].Sample(counts =>
        {
            var changes = counts.Select((count, number) => Change(number, count)).ToArray();

            var messages = PeerPiece.Divide(changes);

            Assert.All(messages, Assert.NotEmpty);
            Assert.All(messages, message => Assert.InRange(SizeOf(message), 1, PeerPiece.MostBytes + 100));
            var pieces = messages.SelectMany(message => message).ToArray();
            Assert.Equal(changes, pieces.Where(piece => piece.IsFirst).Select(piece => piece.Change));
            Assert.Equal(
                changes.SelectMany(change => change.AllowedIps.Select(allowed => (change, allowed))),
                pieces.SelectMany(piece => piece.Change.AllowedIps.Skip(piece.FirstPrefix).Take(piece.PrefixCount).Select(allowed => (piece.Change, allowed))));
        }, iter: 500);

    [Fact]
    public void Divide_Removal_TakesNoPrefixes()
    {
        var piece = Assert.Single(Assert.Single(PeerPiece.Divide([new WireGuardPeerChange(default) { Remove = true, AllowedIps = Change(1, 3).AllowedIps }])));

        Assert.Equal(0, piece.PrefixCount);
    }

    [Fact]
    public void Divide_ManyPeers_FillsMessages()
    {
        var messages = PeerPiece.Divide(Enumerable.Range(0, 500).Select(number => Change(number, 2)));

        // Some 180 bytes each.
        Assert.InRange(messages.Count, 8, 20);
    }

    [Fact]
    public void Rewrite_OfRemovals_SaysWhatRemains()
    {
        InetPrefix[] before = [InetPrefix.Parse("10.0.0.0/8"), InetPrefix.Parse("10.1.0.0/16"), InetPrefix.Parse("2001:db8::/32")];
        var change = new WireGuardPeerChange(default)
        {
            UpdateOnly = true,
            AllowedIps = [new(InetPrefix.Parse("10.1.2.3/16"), true), new(InetPrefix.Parse("10.9.0.0/16")), new(InetPrefix.Parse("172.16.0.0/12"), true)],
        };

        var rewritten = PrefixRemoval.Rewrite(change, before);

        Assert.True(rewritten is { ReplaceAllowedIps: true, UpdateOnly: true });
        Assert.Equal(["10.0.0.0/8", "2001:db8::/32", "10.9.0.0/16"], rewritten.AllowedIps.Select(allowed => allowed.Prefix.ToString()));
        Assert.DoesNotContain(rewritten.AllowedIps, allowed => allowed.IsRemoval);
    }

    private static WireGuardPeerChange Change(int number, int count)
    {
        var key = new byte[PublicKey.Size];
        BitConverter.TryWriteBytes(key, number);
        return new WireGuardPeerChange(new PublicKey(key))
        {
            RemovePresharedKey = true,
            AllowedIps = [.. Enumerable.Range(0, count).Select(i => new AllowedIpChange(InetPrefix.Host(i % 3 == 0 ? InetAddress.FromIPv6((uint)i) : InetAddress.FromIPv4((uint)i))))],
        };
    }

    private static int SizeOf(List<PeerPiece> message)
    {
        using var batch = new NetlinkBatch();
        batch.SetPeers(_family, 1, message);
        return batch.Length;
    }
}
