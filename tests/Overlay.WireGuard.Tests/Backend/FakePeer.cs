using System.Net;
using Overlay.Core.Addressing;
using Overlay.WireGuard.Control;
using Overlay.WireGuard.Protocol.Keys;

namespace Overlay.WireGuard.Tests.Backend;

/// <summary>A peer of a <see cref="FakeDevice"/>.</summary>
internal sealed class FakePeer(PublicKey key)
{
    public PublicKey Key => key;

    public byte[]? PresharedKey { get; set; }

    public IPEndPoint? Endpoint { get; set; }

    public TimeSpan PersistentKeepalive { get; set; }

    public List<InetPrefix> AllowedIps { get; } = [];

    public DateTimeOffset? LastHandshake { get; set; }

    public long Received { get; set; }

    public long Sent { get; set; }

    public IReadOnlyDictionary<string, long> Drops { get; set; } = new Dictionary<string, long>();

    public WireGuardPeerState ToState() => new(key)
    {
        PresharedKey = PresharedKey is null ? null : Protocol.Keys.PresharedKey.Import(PresharedKey),
        Endpoint = Endpoint,
        PersistentKeepalive = PersistentKeepalive,
        AllowedIps = [.. AllowedIps],
        LastHandshake = LastHandshake,
        ReceivedBytes = Received,
        SentBytes = Sent,
        Drops = Drops,
    };
}
