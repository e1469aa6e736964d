namespace Overlay.Linux.Firewall;

/// <summary>The two kernel interfaces below the iptables commands. A packet passes the rules of both, and each is blind for the other's.</summary>
internal enum IptablesVariant
{
    /// <summary>x_tables: one lock, no notifications.</summary>
    Legacy,

    /// <summary>nf_tables: tables named <c>nat</c>, <c>filter</c> and so on.</summary>
    Nftables,
}
