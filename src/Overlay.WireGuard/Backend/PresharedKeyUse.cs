namespace Overlay.WireGuard.Backend;

/// <summary>Which pre-shared key a peer has, said without the key.</summary>
internal enum PresharedKeyUse
{
    /// <summary>None.</summary>
    None,

    /// <summary>The network's.</summary>
    Network,

    /// <summary>One that is not the network's.</summary>
    Other,
}
