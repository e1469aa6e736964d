using Overlay.WireGuard.Protocol.Peers;
using Overlay.WireGuard.Tests.World;

namespace Overlay.WireGuard.Tests.Conformance;

/// <summary>The 22 points of the protocol's conformance list, in its numbers. Each row is one demand and the check of it; the points that are the
/// device's alone (13 sticky source, 19 fragmentation and checksums, 21 the UAPI socket) have their rows with the device.</summary>
public sealed class ConformanceTests : IDisposable
{
    private static readonly (int Point, string Demand, Action<Pair> Check)[] _table =
    [
        (1, "any other length, kind or reserved byte is dropped in silence", MessageRules.WrongShapes),
        (1, "a transport message has at least 32 bytes", MessageRules.ShortTransport),
        (2, "a wrong MAC1 is not answered, with or without load", MessageRules.WrongMac1),
        (2, "MAC2 is zero without a cookie", MessageRules.Mac2IsZero),
        (3, "a timestamp is accepted once, across sessions", HandshakeRules.TimestampOnce),
        (3, "an initiation is consumed at most every 20 ms", HandshakeRules.FloodLimit),
        (3, "timestamps are whitened and strictly increase, also when the clock goes back", HandshakeRules.Timestamps),
        (4, "a peer with a key of low order gets no message", HandshakeRules.LowOrderPeer),
        (4, "our own key is no peer; setting it removes that peer", HandshakeRules.OwnKey),
        (4, "a new private key ends the sending of old sessions", HandshakeRules.NewPrivateKey),
        (5, "a private key reads back clamped", HandshakeRules.ClampedKey),
        (5, "a preshared key of zeros is none", HandshakeRules.ZeroPresharedKey),
        (6, "indices are unique and die with their handshake or session", SessionRules.Indices),
        (7, "the responder does not send before the first packet of the initiator", SessionRules.KeyConfirmation),
        (7, "the initiator confirms at once, by data or by a keepalive", SessionRules.ConfirmsAtOnce),
        (7, "the previous session still receives after a renewal", SessionRules.PreviousReceives),
        (8, "at 120 s the initiator, and it alone, renews on sending", SessionRules.RekeyAfterTime),
        (8, "at 180 s a session neither sends nor receives", SessionRules.RejectAfterTime),
        (8, "a handshake is retried 18 times, then what waits is dropped", SessionRules.GiveUp),
        (9, "data received is answered by a keepalive after 10 s of our silence", SessionRules.Keepalive),
        (9, "keys are wiped after 540 s", SessionRules.ZeroKeys),
        (9, "the first persistent keepalive is sent at once", SessionRules.PersistentKeepalive),
        (10, "a forged packet does not move the replay window", TransportRules.ForgedDoesNotMoveTheWindow),
        (10, "a packet is accepted once, and from 8,128 behind the newest", TransportRules.Replay),
        (11, "what is no IP packet, or longer than it is, is dropped", TransportRules.InnerLength),
        (11, "padding is taken away", TransportRules.Trimmed),
        (11, "a source that is not the peer's is dropped", TransportRules.SpoofedSource),
        (12, "an authentic packet moves the endpoint; a forged or replayed one does not", TransportRules.Roaming),
        (14, "under load a cookie is the answer, and with it a session", HandshakeRules.Cookie),
        (14, "with a valid cookie a source has five handshakes at once", HandshakeRules.RateLimit),
        (15, "payloads are padded to 16 bytes, never over the MTU; keepalives are empty", TransportRules.PaddedLengths),
        (16, "128 packets wait, the oldest goes first, and they leave in order", TransportRules.Staging),
        (16, "a packet for nobody wakes nobody", TransportRules.NoPeer),
        (17, "a prefix has one owner, and moves", TransportRules.OneOwner),
        (18, "congestion marked outside is carried inside, or the packet dropped", TransportRules.Congestion),
        (20, "down: sessions and staged packets are gone, and nothing is answered", SessionRules.Down),
        (20, "a removed peer leaves no index, no prefix, no timer", SessionRules.Removed),
        (22, "counters count whole messages, handshakes included", TransportRules.Counters),
    ];

    private readonly Pair _pair = new();

    public static TheoryData<int, string> Rows
    {
        get
        {
            var rows = new TheoryData<int, string>();
            Array.ForEach(_table, row => rows.Add(row.Point, row.Demand));
            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void Point_Demand_IsKept(int point, string demand) => _table.Single(row => row.Point == point && row.Demand == demand).Check(_pair);

    public void Dispose() => _pair.Dispose();

    /// <summary>Hands a datagram to B, which must drop it for this cause and say nothing.</summary>
    internal static void IsSilentlyDropped(Pair pair, byte[] datagram, DropCause cause)
    {
        pair.Log.Clear();
        Assert.Equal(cause, pair.B.Receive(datagram, pair.A.Endpoint with { Port = 9 }));
        Assert.Empty(pair.Log);
    }

    /// <summary>An initiation of A's that did not arrive.</summary>
    internal static byte[] LostInitiation(Pair pair)
    {
        pair.Loses = (_, _) => true;
        var message = new byte[148];
        Assert.True(pair.A.PeerOf(pair.B).TryCreateInitiation(message, pair.A.Now));
        pair.Loses = (_, _) => false;
        return message;
    }
}
