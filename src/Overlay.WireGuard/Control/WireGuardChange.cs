using Overlay.WireGuard.Protocol.Keys;

namespace Overlay.WireGuard.Control;

/// <summary>What is to become different about an interface. A property that is <see langword="null"/> leaves things as they are.</summary>
public sealed class WireGuardChange
{
    /// <summary>The interface's new key; the caller keeps it and may dispose of it after the call. See <see cref="RemovePrivateKey"/> for taking it away.</summary>
    public PrivateKey? PrivateKey { get; init; }

    /// <summary>Takes the key away, after which no handshake succeeds.</summary>
    public bool RemovePrivateKey { get; init; }

    /// <summary>The UDP port of both families, in host order; zero lets the kernel choose one.</summary>
    public ushort? ListenPort { get; init; }

    /// <summary>The mark of outgoing packets (<c>SO_MARK</c>); zero for none.</summary>
    public uint? FirewallMark { get; init; }

    /// <summary>Whether peers that <see cref="Peers"/> does not name go.</summary>
    public bool ReplacePeers { get; init; }

    /// <summary>Changes to peers, carried out in this order.</summary>
    public IReadOnlyList<WireGuardPeerChange> Peers { get; init; } = [];
}
