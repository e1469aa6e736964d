using System.Globalization;
using Overlay.Core.Addressing;

namespace Overlay.Linux.Kernel;

/// <summary>A VXLAN device that is up (flannel-facts 5.V1).</summary>
public sealed record VxlanLinkEntry : KernelEntry
{
    /// <summary>The device's name.</summary>
    public required string Name { get; init; }

    /// <summary>The VXLAN network identifier, 1 to 16,777,215 (RFC 7348).</summary>
    public required int Vni { get; init; }

    /// <summary>The name of the device beneath.</summary>
    public required string Underlay { get; init; }

    /// <summary>The source address of outer packets.</summary>
    public required InetAddress Local { get; init; }

    /// <summary>The UDP port.</summary>
    public required int Port { get; init; }

    /// <summary>The device's Ethernet address.</summary>
    public required MacAddress Mac { get; init; }

    /// <summary>The largest inner packet, in bytes.</summary>
    public required int Mtu { get; init; }

    /// <summary>Whether source addresses are learned from incoming packets.</summary>
    public bool Learning { get; init; }

    /// <summary>Whether the group policy extension is on.</summary>
    public bool GroupPolicy { get; init; }

    /// <summary>Whether the device leaves checksums to lower devices (NETIF_F_HW_CSUM); <see langword="null"/> leaves the kernel's choice.</summary>
    public bool? TxChecksumOffload { get; init; }

    /// <inheritdoc/>
    public override EntryKey Key => new(KernelTables.Link, Name);

    /// <inheritdoc/>
    public override string RequiredDevice => Underlay;

    /// <inheritdoc/>
    public override bool RequiresDeviceUp => false;

    /// <summary>Whether the device was seen down; a wanted one is always up.</summary>
    internal bool IsDown { get; init; }

    /// <inheritdoc/>
    public override bool IsWithin(ScopeClaim claim)
    {
        ArgumentNullException.ThrowIfNull(claim);
        return claim.HasDevice(Name);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"link {Name} address {Mac} mtu {Mtu} {(IsDown ? "down" : "up")} type vxlan id {Vni} local {Local} dev {Underlay} dstport {Port} {(Learning ? "learning" : "nolearning")}{(GroupPolicy ? " gbp" : "")}{TxText}");

    private string TxText => TxChecksumOffload is { } on ? $" tx-checksum {(on ? "on" : "off")}" : "";
}
