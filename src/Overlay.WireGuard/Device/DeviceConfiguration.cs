using System.Net;

using Overlay.Core.Addressing;
using Overlay.WireGuard.Control;
using Overlay.WireGuard.Device.DataPath;
using Overlay.WireGuard.Protocol.Handshakes;
using Overlay.WireGuard.Protocol.Keys;
using Overlay.WireGuard.Protocol.Peers;

namespace Overlay.WireGuard.Device;

/// <summary>Carries changes over to the engine and the sockets, and reads both back.</summary>
internal sealed class DeviceConfiguration(DataPlane plane, Uplink uplink)
{
    private readonly Lock _gate = new();

    private ProtocolEngine Engine => plane.Engine;

    /// <summary>Carries out a change. What can fail comes first.</summary>
    /// <exception cref="WireGuardException">The port is taken; nothing has changed.</exception>
    public void Apply(WireGuardChange change)
    {
        lock (_gate)
        {
            if (change.ListenPort is { } port)
            {
                uplink.SetPort(port);
            }

            if (change.FirewallMark is { } mark)
            {
                uplink.SetMark(mark);
            }

            if (change.PrivateKey is { } key)
            {
                Engine.SetPrivateKey(Copy(key));
            }
            else if (change.RemovePrivateKey)
            {
                Engine.SetPrivateKey(null);
            }

            var before = change.ReplacePeers ? Engine.Peers.Select(peer => peer.PublicKey).ToHashSet() : [];
            foreach (var gone in before.Except(change.Peers.Select(peer => peer.PublicKey)))
            {
                Engine.RemovePeer(gone);
            }

            foreach (var peer in change.Peers)
            {
                // A peer that stays keeps its sessions, and is configured from nothing the first time it is named.
                Apply(peer, isAnew: before.Remove(peer.PublicKey));
            }
        }
    }

    public WireGuardDeviceState Read()
    {
        lock (_gate)
        {
            Span<byte> key = stackalloc byte[PrivateKey.Size];
            var privateKey = Engine.TryExportPrivateKey(key) ? PrivateKey.Import(key) : null;
            System.Security.Cryptography.CryptographicOperations.ZeroMemory(key);
            return new WireGuardDeviceState
            {
                PrivateKey = privateKey,
                PublicKey = Engine.PublicKey,
                ListenPort = uplink.Port,
                FirewallMark = uplink.Mark,
                Peers = [.. Engine.Peers.Select(Read)],
                Drops = DropWords.Read(Engine.Drops),
            };
        }
    }

    private static PrivateKey Copy(PrivateKey key)
    {
        Span<byte> bytes = stackalloc byte[PrivateKey.Size];
        key.Export(bytes);
        var copy = PrivateKey.Import(bytes);
        System.Security.Cryptography.CryptographicOperations.ZeroMemory(bytes);
        return copy;
    }

    private static Endpoint ToEndpoint(IPEndPoint endpoint)
    {
        var address = endpoint.Address.IsIPv4MappedToIPv6 ? endpoint.Address.MapToIPv4() : endpoint.Address;
        var scope = address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? (uint)address.ScopeId : 0;
        return new Endpoint(new InetAddress(address), (ushort)endpoint.Port) { ScopeId = scope };
    }

    private static IPEndPoint ToIPEndPoint(Endpoint endpoint)
    {
        var address = endpoint.Address.ToIPAddress();
        if (endpoint.ScopeId != 0)
        {
            address.ScopeId = endpoint.ScopeId;
        }

        return new IPEndPoint(address, endpoint.Port);
    }

    private void Apply(WireGuardPeerChange change, bool isAnew)
    {
        if (change.Remove)
        {
            Engine.RemovePeer(change.PublicKey);
            return;
        }

        var now = plane.Now;
        var peer = change.UpdateOnly ? Engine.FindPeer(change.PublicKey) : Engine.GetOrAddPeer(change.PublicKey, now);
        if (peer is null)
        {
            return; // Our own key, which is no peer's, or nothing to update.
        }

        if (change.PresharedKey is { } preshared)
        {
            peer.SetPresharedKey(PresharedKey.Import(preshared.Bytes));
        }
        else if (change.RemovePresharedKey || isAnew)
        {
            peer.SetPresharedKey(null);
        }

        if (change.Endpoint is { } endpoint)
        {
            peer.SetEndpoint(ToEndpoint(endpoint));
        }

        SetAllowedIps(peer, change, isAnew);
        if (change.PersistentKeepalive is { } interval)
        {
            peer.SetPersistentKeepalive(interval, now);
        }
        else if (isAnew)
        {
            peer.SetPersistentKeepalive(TimeSpan.Zero, now);
        }

        if (peer.Staged.Count > 0)
        {
            plane.Inbox.Post(peer, peer.WantSession(now));
        }
    }

    private void SetAllowedIps(Peer peer, WireGuardPeerChange change, bool isAnew)
    {
        if ((change.ReplaceAllowedIps || isAnew) && !change.AllowedIps.Any(entry => entry.IsRemoval))
        {
            Engine.AllowedIps.Replace([.. change.AllowedIps.Select(entry => entry.Prefix)], peer);
            return;
        }

        if (change.ReplaceAllowedIps || isAnew)
        {
            Engine.AllowedIps.RemoveAll(peer);
        }

        foreach (var entry in change.AllowedIps)
        {
            if (entry.IsRemoval)
            {
                Engine.AllowedIps.Remove(entry.Prefix, peer);
            }
            else
            {
                Engine.AllowedIps.Set(entry.Prefix, peer);
            }
        }
    }

    private WireGuardPeerState Read(Peer peer) => new(peer.PublicKey)
    {
        PresharedKey = peer.PresharedKey is { } key ? PresharedKey.Import(key.Bytes) : null,
        Endpoint = peer.Endpoint is { } endpoint ? ToIPEndPoint(endpoint) : null,
        PersistentKeepalive = peer.PersistentKeepalive,
        LastHandshake = peer.LastHandshake,
        ReceivedBytes = peer.ReceivedBytes,
        SentBytes = peer.SentBytes,
        AllowedIps = Engine.AllowedIps.PrefixesOf(peer),
        Drops = DropWords.Read(peer.Drops),
    };
}
