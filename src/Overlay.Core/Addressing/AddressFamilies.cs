namespace Overlay.Core.Addressing;

/// <summary>The IP versions that a network, a lease or an underlay has.</summary>
[Flags]
public enum AddressFamilies
{
    /// <summary>Neither family.</summary>
    None = 0,

    /// <summary>IPv4 (RFC 791).</summary>
    IPv4 = 1,

    /// <summary>IPv6 (RFC 8200).</summary>
    IPv6 = 2,

    /// <summary>Both families: dual stack.</summary>
    Dual = IPv4 | IPv6,
}
