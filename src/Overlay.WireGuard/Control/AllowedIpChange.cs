using Overlay.Core.Addressing;

namespace Overlay.WireGuard.Control;

/// <summary>A prefix that a peer gets or loses.</summary>
/// <param name="Prefix">The prefix; host bits are ignored.</param>
/// <param name="IsRemoval">Whether it is taken from the peer; nothing happens when another peer has it.</param>
public readonly record struct AllowedIpChange(InetPrefix Prefix, bool IsRemoval = false);
