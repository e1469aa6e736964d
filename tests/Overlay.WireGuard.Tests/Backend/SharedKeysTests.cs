using Overlay.Core.Leases;
using Overlay.WireGuard.Backend;

namespace Overlay.WireGuard.Tests.Backend;

public sealed class SharedKeysTests
{
    private readonly SharedKeys _keys = new();

    [Fact]
    public void Refused_EachLeaseItsOwnKey_IsNobody()
    {
        _keys.Take(new LeaseBatch.Snapshot([Nodes.Lease(2), Nodes.Lease(3, Core.Addressing.AddressFamilies.Dual)]));
        _keys.Take(Written(Nodes.Lease(2)));

        Assert.Empty(_keys.Refused);
    }

    /// <summary>A node that has moved to another subnet: the old lease lives on for a day.</summary>
    [Fact]
    public void Refused_LaterLeaseOfTheSameKey_IsTheEarlierOne_AsLongAsBothAreThere()
    {
        _keys.Take(new LeaseBatch.Snapshot([Nodes.Lease(2)]));
        _keys.Take(Written(WithKeyOf(2, Nodes.Lease(7))));
        _keys.Take(Written(Nodes.Lease(2)));

        Assert.Equal(
            [("10.244.2.0-24", $"its key {Nodes.Key(2)} is also that of 10.244.7.0-24, which is served; release the lease of a node that is gone, or delete the key file of the one that is a copy")],
            _keys.Refused.Select(peer => (peer.LeaseKey, peer.Reason)));

        _keys.Take(new LeaseBatch.Changes([new LeaseChange.Removed(Nodes.Lease(2).Key)]));
        Assert.Empty(_keys.Refused);
        _keys.Take(Written(Nodes.Lease(2)));
        Assert.Equal(["10.244.7.0-24"], _keys.Refused.Select(peer => peer.LeaseKey));
        _keys.Take(Written(Nodes.Lease(7)));
        Assert.Empty(_keys.Refused);
    }

    /// <summary>Whatever order a store lists them in, every node serves the same one.</summary>
    [Fact]
    public void InOrder_Snapshot_PutsTheLeaseThatLivesLongestLast()
    {
        var now = DateTimeOffset.UnixEpoch;
        Lease[] leases = [WithKeyOf(2, Nodes.Lease(4)) with { Expires = now.AddHours(2) }, Nodes.Lease(2) with { Expires = now.AddHours(1) }, WithKeyOf(2, Nodes.Lease(3)) with { Expires = now.AddHours(2) }];
        foreach (var order in (int[][])[[0, 1, 2], [2, 1, 0], [1, 2, 0]])
        {
            var keys = new SharedKeys();
            keys.Take(SharedKeys.InOrder(new LeaseBatch.Snapshot([.. order.Select(place => leases[place])])));

            Assert.Equal(["10.244.2.0-24", "10.244.3.0-24"], keys.Refused.Select(peer => peer.LeaseKey));
        }
    }

    [Fact]
    public void Take_SnapshotWithoutThem_ForgetsLeases()
    {
        _keys.Take(new LeaseBatch.Snapshot([Nodes.Lease(2), WithKeyOf(2, Nodes.Lease(3)), WithKeyOf(2, Nodes.Lease(4))]));
        Assert.Equal(2, _keys.Refused.Count);

        _keys.Take(new LeaseBatch.Snapshot([WithKeyOf(2, Nodes.Lease(3))]));

        Assert.Empty(_keys.Refused);
    }

    private static LeaseBatch.Changes Written(Lease lease) => new([new LeaseChange.Written(lease)]);

    private static Lease WithKeyOf(int node, Lease lease) => lease with { Attributes = lease.Attributes with { BackendData = WireGuardPeerData.Write(Nodes.Key(node), 51820) } };
}
