using System.Globalization;
using Overlay.Linux.Kernel;
using Overlay.WireGuard.Protocol.Keys;

namespace Overlay.WireGuard.Backend;

/// <summary>The configuration of a WireGuard device. It names the private key by its public half.</summary>
/// <param name="Device">The device's name.</param>
/// <param name="PublicKey">The node's key; all zeros while the device has none.</param>
/// <param name="ListenPort">The UDP port.</param>
internal sealed record WireGuardDeviceEntry(string Device, PublicKey PublicKey, int ListenPort) : KernelEntry
{
    /// <summary>The mark of outgoing packets; a wanted device has none.</summary>
    public uint FirewallMark { get; init; }

    /// <inheritdoc/>
    public override EntryKey Key => new(WireGuardTable.TableName, Device);

    /// <inheritdoc/>
    public override string RequiredDevice => Device;

    /// <inheritdoc/>
    public override bool RequiresDeviceUp => false;

    /// <inheritdoc/>
    public override bool IsWithin(ScopeClaim claim) => claim.HasDevice(Device);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"wireguard {Device} public-key {(PublicKey.IsZero ? "(none)" : PublicKey.ToString())} listen-port {ListenPort}{(FirewallMark == 0 ? "" : $" fwmark {FirewallMark}")}");
}
