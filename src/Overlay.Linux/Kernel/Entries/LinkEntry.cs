using System.Globalization;

namespace Overlay.Linux.Kernel;

/// <summary>A device that is up, of a kind without settings of its own: <c>wireguard</c>, or <c>tun</c> when this process holds it.</summary>
public sealed record LinkEntry : KernelEntry
{
    /// <summary>The device's name.</summary>
    public required string Name { get; init; }

    /// <summary>The kind, in the kernel's word.</summary>
    public required string Kind { get; init; }

    /// <summary>The largest packet, in bytes.</summary>
    public required int Mtu { get; init; }

    /// <summary>Who makes the device; <see langword="null"/> when the kernel does.</summary>
    public ILinkHolder? Holder { get; init; }

    /// <inheritdoc/>
    public override EntryKey Key => new(KernelTables.Link, Name);

    /// <inheritdoc/>
    public override string RequiredDevice => "";

    /// <summary>Whether the device was seen down; a wanted one is always up.</summary>
    internal bool IsDown { get; init; }

    /// <inheritdoc/>
    public override bool IsWithin(ScopeClaim claim)
    {
        ArgumentNullException.ThrowIfNull(claim);
        return claim.HasDevice(Name);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"link {Name} mtu {Mtu} {(IsDown ? "down" : "up")} type {Kind}");
}
