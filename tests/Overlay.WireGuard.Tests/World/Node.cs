using Overlay.Core.Addressing;
using Overlay.WireGuard.Protocol.Aead;
using Overlay.WireGuard.Protocol.Handshakes;
using Overlay.WireGuard.Protocol.Keys;
using Overlay.WireGuard.Protocol.Messages;
using Overlay.WireGuard.Protocol.Packets;
using Overlay.WireGuard.Protocol.Peers;

namespace Overlay.WireGuard.Tests.World;

/// <summary>An engine with the least of a device around it: one packet at a time, its datagrams handed to <see cref="Sent"/>.</summary>
internal sealed class Node : IDisposable
{
    private readonly TimeProvider _clock;
    private readonly long _start;
    private readonly byte[] _reply = new byte[ProtocolEngine.MaximumHandshakeSize];

    public Node(string address, int seed, TimeProvider clock, IAeadProvider? aead = null)
    {
        _clock = clock;
        _start = clock.GetTimestamp();
        Endpoint = new Endpoint(InetAddress.Parse(address), 51820);
        Entropy = new SeededEntropy(seed);
        var vault = new KeyVault();
        Engine = new ProtocolEngine(new EngineServices(clock, Entropy, new Random(seed), aead ?? new NSecAead(vault), vault));
        var key = PrivateKey.Generate(Entropy, vault);
        Engine.SetPrivateKey(key);
        Engine.Start(Now);
    }

    public ProtocolEngine Engine { get; }

    public SeededEntropy Entropy { get; }

    public Endpoint Endpoint { get; set; }

    public PublicKey Key => Engine.PublicKey!.Value;

    /// <summary>Since the node was made: an elapsed time is computed as a double, which is not exact for long ones.</summary>
    public TimeSpan Now => _clock.GetElapsedTime(_start);

    public bool IsUnderLoad { get; set; }

    public int Mtu { get; set; } = 1420;

    /// <summary>Where datagrams go.</summary>
    public Action<Endpoint, byte[]> Sent { get; set; } = (_, _) => { };

    /// <summary>Inner packets that arrived.</summary>
    public List<byte[]> Delivered { get; } = [];

    public List<PeerActions> Actions { get; } = [];

    public static void Introduce(Node left, Node right, string? leftPrefix = null, string? rightPrefix = null)
    {
        var rightPeer = left.Engine.GetOrAddPeer(right.Key, left.Now)!;
        var leftPeer = right.Engine.GetOrAddPeer(left.Key, right.Now)!;
        rightPeer.SetEndpoint(right.Endpoint);
        leftPeer.SetEndpoint(left.Endpoint);
        left.Engine.AllowedIps.Set(InetPrefix.Parse(rightPrefix ?? "10.0.2.0/24"), rightPeer);
        right.Engine.AllowedIps.Set(InetPrefix.Parse(leftPrefix ?? "10.0.1.0/24"), leftPeer);
    }

    public Peer PeerOf(Node other) => Engine.FindPeer(other.Key)!;

    /// <summary>A packet from the operating system.</summary>
    public void Transmit(byte[] packet)
    {
        Assert.True(InnerPacket.TryReadOutgoing(packet, out var inner));
        if (Engine.AllowedIps.Find(inner.Destination) is { } peer)
        {
            peer.Staged.Add(packet);
            Do(peer, peer.SelectSession(Now) is null ? peer.WantSession(Now) : PeerActions.SendStaged);
        }
    }

    /// <summary>A datagram from the network; says why it was dropped.</summary>
    public DropCause Receive(byte[] datagram, Endpoint source)
    {
        if (!TransportMessage.TryRead(datagram, out var message))
        {
            var outcome = Engine.ReceiveHandshake(datagram, source, IsUnderLoad, _reply, Now);
            if (outcome.ReplyLength > 0)
            {
                Sent(source, _reply[..outcome.ReplyLength]);
            }

            if (outcome.Peer is { } sender)
            {
                Do(sender, outcome.Actions);
            }

            return outcome.Cause;
        }

        if (!Engine.TryFindSession(message.Receiver, out var peer, out var session))
        {
            return DropCause.UnknownIndex;
        }

        if (!session.CanReceive(Now))
        {
            return DropCause.Expired;
        }

        var payload = datagram.AsSpan(TransportMessage.HeaderSize, datagram.Length - TransportMessage.Overhead);
        switch (session.Open(message, payload))
        {
            case Protocol.Sessions.OpenResult.Forged: return DropCause.Forged;
            case Protocol.Sessions.OpenResult.Replayed: return DropCause.Replayed;
        }

        Do(peer, peer.Received(session, source, datagram.Length, payload.Length > 0, Now));
        var cause = Engine.Inspect(peer, payload, 0, out var length);
        if (cause == DropCause.None && length > 0)
        {
            Delivered.Add(payload[..length].ToArray());
        }

        return cause;
    }

    /// <summary>Does what is due.</summary>
    public void RunTimers()
    {
        while (Engine.TryAdvance(Now, out var peer, out var actions))
        {
            Do(peer, actions);
        }
    }

    public void Do(Peer peer, PeerActions actions)
    {
        Actions.Add(actions);
        if (actions.HasFlag(PeerActions.SendInitiation) && peer.HasEndpoint)
        {
            var message = new byte[InitiationMessage.Size];
            if (peer.TryCreateInitiation(message, Now))
            {
                Sent(peer.Endpoint!.Value, message);
            }
        }

        var hasSent = false;
        if (actions.HasFlag(PeerActions.SendStaged))
        {
            while (peer.SelectSession(Now) is not null && peer.Staged.TryTake(out var packet))
            {
                using (packet)
                {
                    SendTransport(peer, packet.Bytes);
                    hasSent = true;
                }
            }
        }

        if (actions.HasFlag(PeerActions.SendKeepalive) && !hasSent)
        {
            SendTransport(peer, []);
        }
    }

    public byte[]? Seal(Peer peer, ReadOnlySpan<byte> packet)
    {
        if (peer.SelectSession(Now) is not { } session || !session.TryReserve(1, out var counter))
        {
            return null;
        }

        var padded = new byte[Padding.PaddedLength(packet.Length, Mtu)];
        packet.CopyTo(padded);
        var message = new byte[Protocol.Sessions.Session.MessageSize(padded.Length)];
        return session.TrySeal(counter, padded, message) ? message : null;
    }

    public void Dispose() => Engine.Dispose();

    private void SendTransport(Peer peer, ReadOnlySpan<byte> packet)
    {
        if (Seal(peer, packet) is { } message)
        {
            Sent(peer.Endpoint!.Value, message);
            Do(peer, peer.Sent(message.Length, packet.Length > 0, Now));
        }
    }
}
