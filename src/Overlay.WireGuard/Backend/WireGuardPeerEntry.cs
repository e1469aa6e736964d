using System.Globalization;
using System.Net;
using Overlay.Core.Addressing;
using Overlay.Linux.Kernel;
using Overlay.WireGuard.Protocol.Keys;

namespace Overlay.WireGuard.Backend;

/// <summary>A peer of a WireGuard device.</summary>
internal sealed record WireGuardPeerEntry : KernelEntry
{
    private readonly string _name;

    /// <summary>Takes what identifies the peer, and its prefixes in any order.</summary>
    public WireGuardPeerEntry(string device, PublicKey publicKey, IEnumerable<InetPrefix> allowedIps)
    {
        Device = device;
        PublicKey = publicKey;
        AllowedIps = [.. allowedIps.OrderBy(prefix => prefix.Address).ThenBy(prefix => prefix.Length)];
        // One key may be a peer of two devices, and it is asked for again and again.
        _name = $"{publicKey} {device}";
    }

    /// <summary>The device's name.</summary>
    public string Device { get; }

    /// <summary>The peer's key.</summary>
    public PublicKey PublicKey { get; }

    /// <summary>The peer's prefixes, sorted.</summary>
    public IReadOnlyList<InetPrefix> AllowedIps { get; init; }

    /// <summary>Where the peer is reached until it is heard from elsewhere; <see langword="null"/> was seen, and is never wanted.</summary>
    public IPEndPoint? Endpoint { get; init; }

    /// <summary>Which pre-shared key it has.</summary>
    public PresharedKeyUse PresharedKey { get; init; }

    /// <summary>Zero when switched off.</summary>
    public TimeSpan PersistentKeepalive { get; init; }

    /// <inheritdoc/>
    public override EntryKey Key => new(WireGuardTable.TableName, _name);

    /// <inheritdoc/>
    public override string RequiredDevice => Device;

    /// <inheritdoc/>
    public override bool RequiresDeviceUp => false;

    /// <inheritdoc/>
    public override bool IsWithin(ScopeClaim claim) => claim.HasDevice(Device);

    /// <inheritdoc/>
    public bool Equals(WireGuardPeerEntry? other) =>
        other is not null
        && _name == other._name
        && Equals(Endpoint, other.Endpoint)
        && PresharedKey == other.PresharedKey
        && PersistentKeepalive == other.PersistentKeepalive
        && AllowedIps.SequenceEqual(other.AllowedIps);

    /// <inheritdoc/>
    public override int GetHashCode() => _name.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"wireguard peer {PublicKey} dev {Device} endpoint {Endpoint?.ToString() ?? "(none)"} allowed-ips {(AllowedIps.Count == 0 ? "(none)" : string.Join(',', AllowedIps))}{KeyText}{KeepaliveText}");

    private string KeyText => PresharedKey switch
    {
        PresharedKeyUse.None => "",
        PresharedKeyUse.Network => " preshared-key",
        _ => " preshared-key (another)",
    };

    private string KeepaliveText => PersistentKeepalive == TimeSpan.Zero ? "" : string.Create(CultureInfo.InvariantCulture, $" persistent-keepalive {(int)PersistentKeepalive.TotalSeconds}");
}
