using Overlay.Linux.Kernel;
using Overlay.WireGuard.Control;

namespace Overlay.WireGuard.Backend;

/// <summary>Puts changes of entries into the words of a device.</summary>
internal static class DeviceRequest
{
    /// <summary>One request for all changes, which are of one device, in their order.</summary>
    public static WireGuardChange Of(IEnumerable<EntryChange> changes, DeviceSecrets secrets)
    {
        var peers = new List<WireGuardPeerChange>();
        WireGuardDeviceEntry? device = null;
        foreach (var (wanted, seen) in changes)
        {
            switch (wanted ?? seen)
            {
                case WireGuardDeviceEntry when wanted is WireGuardDeviceEntry entry:
                    device = entry;
                    break;
                case WireGuardPeerEntry peer:
                    peers.Add(wanted is null ? new WireGuardPeerChange(peer.PublicKey) { Remove = true } : Put(peer, seen as WireGuardPeerEntry, secrets));
                    break;
            }
        }

        // A device's own configuration goes with the device; there is nothing to take away before.
        return device is null
            ? new WireGuardChange { Peers = peers }
            : new WireGuardChange { PrivateKey = secrets.PrivateKey, ListenPort = (ushort)device.ListenPort, FirewallMark = device.FirewallMark, Peers = peers };
    }

    // Only what differs: setting an endpoint makes a device forget where the peer was heard from.
    private static WireGuardPeerChange Put(WireGuardPeerEntry wanted, WireGuardPeerEntry? seen, DeviceSecrets secrets) => new(wanted.PublicKey)
    {
        PresharedKey = wanted.PresharedKey == PresharedKeyUse.Network && seen?.PresharedKey != PresharedKeyUse.Network ? secrets.PresharedKey : null,
        RemovePresharedKey = wanted.PresharedKey == PresharedKeyUse.None && seen is { PresharedKey: not PresharedKeyUse.None },
        Endpoint = wanted.Endpoint!.Equals(seen?.Endpoint) ? null : wanted.Endpoint,
        PersistentKeepalive = seen?.PersistentKeepalive == wanted.PersistentKeepalive ? null : wanted.PersistentKeepalive,
        ReplaceAllowedIps = true,
        AllowedIps = [.. wanted.AllowedIps.Select(prefix => new AllowedIpChange(prefix))],
    };
}
