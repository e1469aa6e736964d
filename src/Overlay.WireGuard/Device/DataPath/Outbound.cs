using Overlay.WireGuard.Device.Offload;
using Overlay.WireGuard.Protocol.Packets;
using Overlay.WireGuard.Protocol.Peers;
using Overlay.WireGuard.Protocol.Sessions;

namespace Overlay.WireGuard.Device.DataPath;

/// <summary>The way of packets from the interface to the network: find the peer, cut, seal, send. For one thread, which does all of it.</summary>
internal sealed class Outbound(DataPlane plane, OutgoingTrain train, Unreachable unreachable)
{
    /// <summary>Where a frame is read to, so that the packet behind its header is aligned.</summary>
    public const int FrameStart = 16 - VirtioHeader.Size;

    private const int PacketStart = FrameStart + VirtioHeader.Size;
    private const int MaximumPacket = 65535;

    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(PacketStart + MaximumPacket + Padding.Multiple, pinned: true);
    private readonly byte[] _scratch = new byte[Segmenter.MaximumHeader];

    /// <summary>Room for a frame: virtio header and packet.</summary>
    public Span<byte> Frame => _buffer.AsSpan(FrameStart, VirtioHeader.Size + MaximumPacket);

    /// <summary>Takes the frame that was read, and gives the number of its packets.</summary>
    public int Process(int frameLength, TimeSpan now)
    {
        var packet = _buffer.AsSpan(PacketStart, Math.Max(0, frameLength - VirtioHeader.Size));
        if (!InnerPacket.TryReadOutgoing(packet, out var inner))
        {
            plane.Engine.Drops.Count(DropCause.NotIp);
            return 1;
        }

        var cause = Admit(packet, inner, out var peer, out var outer);
        if (!Segmenter.TryBegin(VirtioHeader.Read(_buffer.AsSpan(FrameStart)), packet, _scratch, out var segmenter))
        {
            cause = DropCause.Malformed;
        }

        if (cause == DropCause.None)
        {
            Send(peer!, ref segmenter, outer, now);
            return segmenter.Count;
        }

        (peer?.Drops ?? plane.Engine.Drops).Count(cause);
        if (cause is DropCause.NotAllowed or DropCause.NoEndpoint)
        {
            unreachable.Answer(packet, now);
        }

        return 1;
    }

    /// <summary>Nothing more is there to be read.</summary>
    public void Flush(TimeSpan now) => train.Flush(now);

    private DropCause Admit(ReadOnlySpan<byte> packet, InnerPacket inner, out Peer? peer, out OuterHeader outer)
    {
        outer = default;
        peer = plane.Engine.AllowedIps.Find(inner.Destination);
        if (!plane.IsUp)
        {
            return DropCause.NotRunning;
        }

        if (peer is null)
        {
            return DropCause.NotAllowed;
        }

        if (!peer.HasEndpoint)
        {
            return DropCause.NoEndpoint;
        }

        var isAllowed = TunnelNesting.TryGetHopLimit(packet, out var hopLimit);
        outer = new OuterHeader(Ecn.Encapsulate(inner.TrafficClass), hopLimit);
        return isAllowed ? DropCause.None : DropCause.RoutingLoop;
    }

    private void Send(Peer peer, ref Segmenter segmenter, OuterHeader outer, TimeSpan now)
    {
        if (peer.Staged.IsWaiting)
        {
            train.Flush(now);
            StagedSender.Drain(peer, train, now);
        }

        if (peer.SelectSession(now) is not { } session || peer.Staged.IsWaiting || !session.TryReserve(segmenter.Count, out var counter))
        {
            Stage(peer, ref segmenter, now);
            return;
        }

        while (segmenter.MoveNext(out var segment))
        {
            Seal(peer, session, counter++, segment, outer, now);
        }
    }

    private void Seal(Peer peer, Session session, ulong counter, Range segment, OuterHeader outer, TimeSpan now)
    {
        var (start, length) = segment.GetOffsetAndLength(MaximumPacket);
        var padded = Padding.PaddedLength(length, plane.Mtu);
        if (padded == length)
        {
            train.Add(peer, session, counter, _buffer.AsSpan(PacketStart + start, length), outer, now);
            return;
        }

        // What follows may be the next segment, which is wanted again.
        var padding = _buffer.AsSpan(PacketStart + start + length, padded - length);
        Span<byte> kept = stackalloc byte[Padding.Multiple];
        padding.CopyTo(kept);
        padding.Clear();
        train.Add(peer, session, counter, _buffer.AsSpan(PacketStart + start, padded), outer, now);
        kept[..padding.Length].CopyTo(padding);
    }

    private void Stage(Peer peer, ref Segmenter segmenter, TimeSpan now)
    {
        while (segmenter.MoveNext(out var segment))
        {
            peer.Staged.Add(_buffer.AsSpan(PacketStart, MaximumPacket)[segment]);
        }

        plane.Inbox.Post(peer, peer.SelectSession(now) is null ? peer.WantSession(now) : PeerActions.SendStaged);
    }
}
