using Overlay.Core.Addressing;

namespace Overlay.Linux.Firewall;

/// <summary>What the kernel announced about its nftables rules.</summary>
/// <param name="Families">The family whose table changed; none for tables that no rule of ours is in; both when announcements were lost.</param>
/// <param name="Table">The table, or <see langword="null"/> when any may have changed.</param>
/// <param name="Chain">The chain, or <see langword="null"/> when the whole table may have changed.</param>
internal readonly record struct RulesetChange(AddressFamilies Families, string? Table, string? Chain)
{
    /// <summary>Announcements were lost.</summary>
    public static RulesetChange Anything { get; } = new(AddressFamilies.IPv4 | AddressFamilies.IPv6, null, null);
}
