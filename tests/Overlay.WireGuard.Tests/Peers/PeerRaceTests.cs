using Overlay.Core.Addressing;
using Overlay.WireGuard.Protocol.Handshakes;
using Overlay.WireGuard.Protocol.Keys;
using Overlay.WireGuard.Protocol.Peers;
using Overlay.WireGuard.Tests.World;

namespace Overlay.WireGuard.Tests.Peers;

/// <summary>Configuration while packets flow.</summary>
public sealed class PeerRaceTests : IDisposable
{
    private readonly Pair _pair = new();

    /// <summary>A packet's way to its peer is looked up before the peer is removed, and ends after it.</summary>
    [Fact]
    public void Staged_PeerRemovedMeanwhile_TakesNothingFromTheOthers()
    {
        var budget = new StagingBudget(1500);
        var drops = new DropCounters();
        var removed = new StagedPackets(budget, drops);
        removed.Add(new byte[1000]);
        removed.Close();
        removed.Add(new byte[1000]);

        Assert.Equal((0, 2L, false), (removed.Count, drops[DropCause.NoSession], removed.IsWaiting));
        Assert.True(budget.TryTake(1500));
    }

    [Fact]
    public void RemovePeer_PacketOnItsWayToIt_DoesNotWaitForEver()
    {
        var peer = _pair.A.PeerOf(_pair.B);
        _pair.A.Engine.RemovePeer(_pair.B.Key);

        peer.Staged.Add(Pair.Packet("10.0.1.1", "10.0.2.1", 20));

        Assert.Equal(0, peer.Staged.Count);
        Assert.Equal(PeerActions.None, peer.WantSession(_pair.A.Now));
    }

    /// <summary>A counter never goes back.</summary>
    [Fact]
    public void Drops_PeerRemoved_StayCounted()
    {
        _pair.Loses = (_, _) => true;
        _pair.FromA();
        _pair.FromA();
        Assert.Equal(0, _pair.A.Engine.Drops[DropCause.NoSession]);

        _pair.A.Engine.RemovePeer(_pair.B.Key);

        Assert.Equal(2, _pair.A.Engine.Drops[DropCause.NoSession]);
    }

    /// <summary>Routes change, which makes sources be forgotten, at the moment at which the peer is given another endpoint.</summary>
    [Fact]
    public async Task ForgetSource_WhileTheEndpointChanges_NeverBringsTheFormerOneBack()
    {
        var peer = _pair.A.PeerOf(_pair.B);
        using var stop = new CancellationTokenSource();
        var forgetting = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                peer.ForgetSource();
            }
        }, TestContext.Current.CancellationToken);

        var former = 0;
        var (withSource, without) = (Local("192.0.2.1"), Local(null));
        for (var i = 0; i < 300_000; i++)
        {
            // The one is there just long enough for the other thread to have seen it.
            peer.SetEndpoint(withSource);
            Thread.SpinWait(i % 16);
            peer.SetEndpoint(without);
            Thread.SpinWait(30);
            former += peer.Endpoint!.Value.Port == without.Port ? 0 : 1;
        }

        await stop.CancelAsync();
        await forgetting;
        Assert.Equal(0, former);
    }

    [Fact]
    public void Peers_SomeRemovedAndAddedAgain_AreInTheOrderInWhichTheyWereAdded()
    {
        var keys = Enumerable.Range(1, 5).Select(number => new PublicKey([.. Enumerable.Repeat((byte)number, PublicKey.Size)])).ToArray();
        var engine = _pair.A.Engine;
        engine.RemovePeer(_pair.B.Key);
        Array.ForEach(keys, key => engine.GetOrAddPeer(key, _pair.A.Now));

        engine.RemovePeer(keys[1]);
        engine.RemovePeer(keys[4]);
        engine.GetOrAddPeer(keys[1], _pair.A.Now);
        engine.GetOrAddPeer(keys[0], _pair.A.Now);

        Assert.Equal([keys[0], keys[2], keys[3], keys[1]], engine.Peers.Select(peer => peer.PublicKey));
    }

    private static Endpoint Local(string? address) => new(InetAddress.Parse("192.0.2.9"), (ushort)(address is null ? 2 : 1))
    {
        LocalAddress = address is null ? default : InetAddress.Parse(address),
    };

    public void Dispose() => _pair.Dispose();
}
