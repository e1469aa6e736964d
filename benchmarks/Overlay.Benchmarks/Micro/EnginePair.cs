using System.Buffers.Binary;
using Overlay.Core.Addressing;
using Overlay.WireGuard.Protocol.Aead;
using Overlay.WireGuard.Protocol.Handshakes;
using Overlay.WireGuard.Protocol.Keys;
using Overlay.WireGuard.Protocol.Messages;
using Overlay.WireGuard.Protocol.Peers;
using Overlay.WireGuard.Protocol.Sessions;
using Overlay.WireGuard.Protocol.Timers;

namespace Overlay.Benchmarks.Micro;

/// <summary>Two WireGuard engines that know each other, without doors: what one writes is handed to the other.</summary>
internal sealed class EnginePair : IDisposable
{
    private static readonly Endpoint _there = new(InetAddress.Parse("192.0.2.1"), 51820);

    private readonly byte[] _initiation = new byte[InitiationMessage.Size];
    private readonly byte[] _response = new byte[ProtocolEngine.MaximumHandshakeSize];
    private readonly byte[] _nothing = new byte[ProtocolEngine.MaximumHandshakeSize];
    private readonly byte[] _confirmation = new byte[TransportMessage.Overhead];

    public EnginePair(IAeadProvider aead, KeyVault vault)
    {
        Initiator = Make(aead, vault);
        Responder = Make(aead, vault);
        ToResponder = Introduce(Initiator, Responder, "10.0.2.0/24");
        ToInitiator = Introduce(Responder, Initiator, "10.0.1.0/24");
    }

    public ProtocolEngine Initiator { get; }

    public ProtocolEngine Responder { get; }

    /// <summary>The responder, as the initiator knows it.</summary>
    public Peer ToResponder { get; }

    /// <summary>The initiator, as the responder knows it.</summary>
    public Peer ToInitiator { get; }

    /// <summary>A time that only <see cref="Handshake"/> moves.</summary>
    public TimeSpan Now { get; private set; }

    /// <summary>An IPv4 packet from the initiator's network to the responder's.</summary>
    public static byte[] Packet(int length)
    {
        var packet = new byte[length];
        packet[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)length);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(12), 0x0A_00_01_01);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(16), 0x0A_00_02_01);
        return packet;
    }

    /// <summary>A whole handshake: initiation, response and the packet that confirms it.</summary>
    public void Handshake()
    {
        Now += ProtocolLimits.RekeyTimeout * 2;
        Require(ToResponder.TryCreateInitiation(_initiation, Now));
        var answer = Responder.ReceiveHandshake(_initiation, _there, isUnderLoad: false, _response, Now);
        Require(answer.Cause == DropCause.None);
        Require(Initiator.ReceiveHandshake(_response.AsSpan(0, answer.ReplyLength), _there, isUnderLoad: false, _nothing, Now).Cause == DropCause.None);

        var sending = ToResponder.SelectSession(Now)!;
        Require(sending.TryReserve(1, out var counter) && sending.TrySeal(counter, [], _confirmation));
        Receive(_confirmation);
    }

    /// <summary>Opens a transport message as the responder, up to the packet that goes to the operating system.</summary>
    public int Receive(byte[] datagram)
    {
        Require(TransportMessage.TryRead(datagram, out var message));
        Require(Responder.TryFindSession(message.Receiver, out var peer, out var session));
        var payload = datagram.AsSpan(TransportMessage.HeaderSize, datagram.Length - TransportMessage.Overhead);
        Require(session.Open(message, payload) == OpenResult.Opened);
        peer.Received(session, _there, datagram.Length, payload.Length > 0, Now);
        Require(Responder.Inspect(peer, payload, 0, out var length) == DropCause.None);
        return length;
    }

    public void Dispose()
    {
        Initiator.Dispose();
        Responder.Dispose();
    }

    private static ProtocolEngine Make(IAeadProvider aead, KeyVault vault)
    {
        var engine = new ProtocolEngine(new EngineServices(TimeProvider.System, Entropy.System, new Random(1), aead, vault));
        engine.SetPrivateKey(PrivateKey.Generate());
        engine.Start(TimeSpan.Zero);
        return engine;
    }

    private static Peer Introduce(ProtocolEngine to, ProtocolEngine peer, string prefix)
    {
        var introduced = to.GetOrAddPeer(peer.PublicKey!.Value, TimeSpan.Zero)!;
        introduced.SetEndpoint(_there);
        to.AllowedIps.Set(InetPrefix.Parse(prefix), introduced);
        return introduced;
    }

    private static void Require(bool isTrue)
    {
        if (!isTrue)
        {
            throw new InvalidOperationException("The engines do not understand each other.");
        }
    }
}
