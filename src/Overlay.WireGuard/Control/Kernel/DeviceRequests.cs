using System.Security.Cryptography;

using Overlay.Linux.Netlink;
using Overlay.Linux.Netlink.Generic;
using Overlay.WireGuard.Protocol.Keys;

using static Overlay.WireGuard.Control.Kernel.Interop.WireGuardHeader;

namespace Overlay.WireGuard.Control.Kernel;

/// <summary>Appends requests about the kernel's WireGuard devices to a batch. The order of the attributes is that of <c>wg(8)</c>.</summary>
internal static class DeviceRequests
{
    private const string Operation = "configure WireGuard device";

    /// <summary>Asks for everything about a device.</summary>
    public static void DumpDevice(this NetlinkBatch batch, in GenericFamily family, int index)
    {
        using var message = batch.Begin(family, WG_CMD_GET_DEVICE, NetlinkFlags.Dump, "read WireGuard device");
        message.Add(WGDEVICE_A_IFINDEX, index);
    }

    /// <summary>Asks to change the device itself, apart from its peers.</summary>
    public static void SetDevice(this NetlinkBatch batch, in GenericFamily family, int index, ushort? listenPort = null, uint? firewallMark = null, PrivateKey? privateKey = null, bool removesPrivateKey = false, bool replacesPeers = false)
    {
        using var message = batch.Begin(family, WG_CMD_SET_DEVICE, NetlinkFlags.None, Operation);
        message.Add(WGDEVICE_A_IFINDEX, index);
        Span<byte> key = stackalloc byte[PrivateKey.Size];
        if (privateKey is not null || removesPrivateKey)
        {
            key.Clear();
            privateKey?.Export(key);
            message.Add(WGDEVICE_A_PRIVATE_KEY, key);
            CryptographicOperations.ZeroMemory(key);
        }

        if (listenPort is { } port)
        {
            message.Add(WGDEVICE_A_LISTEN_PORT, port);
        }

        if (firewallMark is { } mark)
        {
            message.Add(WGDEVICE_A_FWMARK, mark);
        }

        if (replacesPeers)
        {
            message.Add(WGDEVICE_A_FLAGS, WGDEVICE_F_REPLACE_PEERS);
        }
    }

    /// <summary>Asks to change peers: one message.</summary>
    public static void SetPeers(this NetlinkBatch batch, in GenericFamily family, int index, IEnumerable<PeerPiece> pieces)
    {
        using var message = batch.Begin(family, WG_CMD_SET_DEVICE, NetlinkFlags.None, Operation);
        message.Add(WGDEVICE_A_IFINDEX, index);
        using var list = message.Begin(WGDEVICE_A_PEERS);
        foreach (var piece in pieces)
        {
            using var peer = message.Begin(0);
            Write(message, piece);
        }
    }

    private static void Write(NetlinkMessageWriter message, in PeerPiece piece)
    {
        var change = piece.Change;
        Span<byte> bytes = stackalloc byte[32];
        change.PublicKey.CopyTo(bytes);
        message.Add(WGPEER_A_PUBLIC_KEY, bytes);
        if (piece.IsFirst && !change.Remove)
        {
            WriteSettings(message, change);
        }

        // The parts behind the first are about a peer that is there by now; if it is not, the kernel had its reason.
        var flags = (change.Remove ? WGPEER_F_REMOVE_ME : 0)
            | (piece.IsFirst && change.ReplaceAllowedIps ? WGPEER_F_REPLACE_ALLOWEDIPS : 0)
            | (!piece.IsFirst || change.UpdateOnly ? WGPEER_F_UPDATE_ONLY : 0);
        if (flags != 0)
        {
            message.Add(WGPEER_A_FLAGS, flags);
        }

        if (piece.PrefixCount > 0)
        {
            using var list = message.Begin(WGPEER_A_ALLOWEDIPS);
            for (var i = piece.FirstPrefix; i < piece.FirstPrefix + piece.PrefixCount; i++)
            {
                using var entry = message.Begin(0);
                Write(message, change.AllowedIps[i]);
            }
        }
    }

    private static void WriteSettings(NetlinkMessageWriter message, WireGuardPeerChange change)
    {
        Span<byte> bytes = stackalloc byte[PresharedKey.Size];
        if (change.PresharedKey is not null || change.RemovePresharedKey)
        {
            bytes.Clear();
            change.PresharedKey?.Export(bytes);
            message.Add(WGPEER_A_PRESHARED_KEY, bytes);
            CryptographicOperations.ZeroMemory(bytes);
        }

        if (change.Endpoint is { } endpoint)
        {
            message.Add(WGPEER_A_ENDPOINT, SocketAddress.Write(endpoint, bytes));
        }

        if (change.PersistentKeepalive is { } interval)
        {
            message.Add(WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL, (ushort)interval.TotalSeconds);
        }
    }

    private static void Write(NetlinkMessageWriter message, AllowedIpChange change)
    {
        message.Add(WGALLOWEDIP_A_FAMILY, change.Prefix.Address.IsIPv6 ? SocketAddress.AF_INET6 : SocketAddress.AF_INET);
        message.Add(WGALLOWEDIP_A_IPADDR, change.Prefix.Address);
        message.Add(WGALLOWEDIP_A_CIDR_MASK, change.Prefix.Length);
        if (change.IsRemoval)
        {
            message.Add(WGALLOWEDIP_A_FLAGS, WGALLOWEDIP_F_REMOVE_ME);
        }
    }
}
