using System.Collections.ObjectModel;
using System.Net;

using Overlay.Core.Addressing;
using Overlay.WireGuard.Protocol.Keys;

namespace Overlay.WireGuard.Control;

/// <summary>A peer at one moment.</summary>
/// <param name="publicKey">The peer's name.</param>
public sealed class WireGuardPeerState(PublicKey publicKey)
{
    /// <summary>The peer's name.</summary>
    public PublicKey PublicKey => publicKey;

    /// <summary>The further secret of the two, if there is one. Belongs to the <see cref="WireGuardDeviceState"/> around it.</summary>
    public PresharedKey? PresharedKey { get; init; }

    /// <summary>Where the peer is, as configured or as last heard from.</summary>
    public IPEndPoint? Endpoint { get; init; }

    /// <summary>Zero when switched off.</summary>
    public TimeSpan PersistentKeepalive { get; init; }

    /// <summary>When the last handshake was completed; <see langword="null"/> for never.</summary>
    public DateTimeOffset? LastHandshake { get; init; }

    /// <summary>Bytes of all authentic messages received, headers and handshakes included.</summary>
    public long ReceivedBytes { get; init; }

    /// <summary>Bytes of all messages sent, headers and handshakes included.</summary>
    public long SentBytes { get; init; }

    /// <summary>Packets dropped on the way to the peer, and of those that name it, by cause in the words of a metric label (<c>no_session</c>). Of a <c>forged</c> one the
    /// sender may be anyone. Empty for a kernel device, which does not tell causes.</summary>
    public IReadOnlyDictionary<string, long> Drops { get; init; } = ReadOnlyDictionary<string, long>.Empty;

    /// <summary>The peer's prefixes, without host bits.</summary>
    public IReadOnlyList<InetPrefix> AllowedIps { get; init; } = [];

    /// <summary>The public key. Nothing secret.</summary>
    public override string ToString() => publicKey.ToString();
}
