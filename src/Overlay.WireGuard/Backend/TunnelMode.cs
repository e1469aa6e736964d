namespace Overlay.WireGuard.Backend;

/// <summary>How a dual-stack node is tunnelled: flannel's <c>Mode</c> (flannel-facts 5.W1).</summary>
internal enum TunnelMode
{
    /// <summary>A device in each family of the network, over that family.</summary>
    Separate,

    /// <summary>One device; each peer is reached over the family that fits best.</summary>
    Auto,

    /// <summary>One device, over IPv4.</summary>
    IPv4,

    /// <summary>One device, over IPv6.</summary>
    IPv6,
}
