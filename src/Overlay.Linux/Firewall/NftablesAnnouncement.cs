using Overlay.Core.Addressing;
using Overlay.Linux.Netlink;

namespace Overlay.Linux.Firewall;

/// <summary>Reads what the kernel announces about nftables (linux/netfilter/nf_tables.h).</summary>
internal static class NftablesAnnouncement
{
    /// <summary>NFNLGRP_NFTABLES.</summary>
    public const uint Group = 7;

    /// <summary>Gives the place that changed; <see langword="false"/> for a message that tells of no change, such as the end of a transaction.</summary>
    public static bool TryRead(NetlinkMessage message, out RulesetChange change)
    {
        change = default;
        var kind = message.Type & 0xFF;
        if (message.Type >> 8 != Kind.Subsystem || kind is Kind.NewGeneration or Kind.Trace || !message.TryRead(out uint header, out var attributes))
        {
            return false;
        }

        // nfgenmsg: the family is its first byte, on either kind of machine.
        var families = (BitConverter.IsLittleEndian ? header & 0xFF : header >> 24) switch
        {
            2 => AddressFamilies.IPv4,
            10 => AddressFamilies.IPv6,
            _ => AddressFamilies.None,
        };
        var chainAttribute = kind switch
        {
            Kind.NewRule or Kind.DeleteRule => 2,
            Kind.NewChain or Kind.DeleteChain => 3,
            _ => -1,
        };
        string? table = null, chain = null;
        foreach (var attribute in attributes)
        {
            // The first attribute of all kinds is the table's name.
            if (attribute.Type == 1)
            {
                table = attribute.AsText();
            }
            else if (attribute.Type == chainAttribute)
            {
                chain = attribute.AsText();
            }
        }

        change = new(families, table, chain);
        return table is not null;
    }

    private static class Kind
    {
        public const int Subsystem = 10;
        public const int NewChain = 3;
        public const int DeleteChain = 5;
        public const int NewRule = 6;
        public const int DeleteRule = 8;
        public const int NewGeneration = 15;
        public const int Trace = 17;
    }
}
