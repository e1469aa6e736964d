using System.Net;
using Overlay.WireGuard.Control;
using Overlay.WireGuard.Protocol.Keys;

namespace Overlay.WireGuard.Backend;

/// <summary>Tells a peer that has roamed from an endpoint that is wrong. A peer that was authentically heard from elsewhere is there, whatever its lease
/// says: behind a NAT, for example. One that is silent where it was last heard is looked for where its lease says again.</summary>
internal sealed class RoamingWatch(TimeProvider clock)
{
    // REJECT_AFTER_TIME: no session is older.
    private static readonly TimeSpan _longestSession = TimeSpan.FromSeconds(180);

    // KEEPALIVE_TIMEOUT + REKEY_TIMEOUT, after which a live peer has answered what it was sent, and once more REKEY_TIMEOUT.
    private static readonly TimeSpan _longestSilence = TimeSpan.FromSeconds(20);

    // Two initiations (148 bytes): what is sent where nobody answers. Keepalives alone are answered by nobody, and prove nothing.
    private const int UnansweredBytes = 2 * 148;

    private readonly Dictionary<(string Device, PublicKey Peer), Sighting> _away = [];

    /// <summary>The endpoint to compare with the wanted one: the wanted one itself while the peer is well where it is.</summary>
    public IPEndPoint? Judge(string device, WireGuardPeerState peer, IPEndPoint? wanted)
    {
        var key = (device, peer.PublicKey);
        if (wanted is null || peer.Endpoint is null || peer.Endpoint.Equals(wanted))
        {
            _away.Remove(key);
            return peer.Endpoint;
        }

        if (peer.LastHandshake is { } handshake && clock.GetUtcNow() - handshake < _longestSession && !IsSilent(key, peer))
        {
            return wanted;
        }

        _away.Remove(key);
        return peer.Endpoint;
    }

    /// <summary>Forgets the peers that a device has no more.</summary>
    public void RetainOnly(string device, IReadOnlyList<WireGuardPeerState> peers)
    {
        if (_away.Keys.Any(away => away.Device == device))
        {
            var there = peers.Select(peer => peer.PublicKey).ToHashSet();
            foreach (var gone in _away.Keys.Where(away => away.Device == device && !there.Contains(away.Peer)).ToArray())
            {
                _away.Remove(gone);
            }
        }
    }

    private bool IsSilent((string, PublicKey) key, WireGuardPeerState peer)
    {
        if (!_away.TryGetValue(key, out var before) || before.Received != peer.ReceivedBytes || before.Sent == peer.SentBytes)
        {
            _away[key] = new Sighting(peer.ReceivedBytes, peer.SentBytes, clock.GetTimestamp());
            return false;
        }

        return clock.GetElapsedTime(before.At) >= _longestSilence && peer.SentBytes - before.Sent >= UnansweredBytes;
    }

    // What was sent is that of the first look since which nothing came, so that the time counts from there.
    private readonly record struct Sighting(long Received, long Sent, long At);
}
