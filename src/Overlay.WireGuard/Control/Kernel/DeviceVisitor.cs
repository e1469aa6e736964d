using Overlay.Linux.Netlink;
using Overlay.Linux.Netlink.Generic;
using Overlay.WireGuard.Protocol.Keys;

using static Overlay.WireGuard.Control.Kernel.Interop.WireGuardHeader;

namespace Overlay.WireGuard.Control.Kernel;

/// <summary>Collects a device from the messages of a dump: the device's own attributes come in the first, peers in all of them.</summary>
internal sealed class DeviceVisitor(GenericFamily family) : INetlinkVisitor
{
    private readonly List<PeerReader> _peers = [];
    private PrivateKey? _privateKey;
    private PublicKey? _publicKey;
    private ushort _listenPort;
    private uint _firewallMark;

    public void Begin()
    {
        _privateKey?.Dispose();
        _peers.ForEach(peer => peer.Dispose());
        _peers.Clear();
        (_privateKey, _publicKey, _listenPort, _firewallMark) = (null, null, 0, 0);
    }

    public void Visit(NetlinkMessage message)
    {
        if (!message.TryRead(family, out var command, out var attributes) || command != WG_CMD_GET_DEVICE)
        {
            return;
        }

        foreach (var attribute in attributes)
        {
            switch (attribute.Type)
            {
                case WGDEVICE_A_PRIVATE_KEY when attribute.Value.Length == PrivateKey.Size && attribute.Value.ContainsAnyExcept((byte)0):
                    _privateKey?.Dispose();
                    _privateKey = PrivateKey.Import(attribute.Value);
                    break;
                case WGDEVICE_A_PUBLIC_KEY when attribute.Value.Length == PublicKey.Size && attribute.Value.ContainsAnyExcept((byte)0):
                    _publicKey = new PublicKey(attribute.Value);
                    break;
                case WGDEVICE_A_LISTEN_PORT:
                    _listenPort = attribute.AsUInt16();
                    break;
                case WGDEVICE_A_FWMARK:
                    _firewallMark = attribute.AsUInt32();
                    break;
                case WGDEVICE_A_PEERS:
                    TakePeers(attribute.AsNested());
                    break;
            }
        }
    }

    /// <summary>What was collected; the secrets belong to the caller from now on.</summary>
    public WireGuardDeviceState ToState() => new()
    {
        PrivateKey = _privateKey,
        PublicKey = _publicKey,
        ListenPort = _listenPort,
        FirewallMark = _firewallMark,
        Peers = _peers.ConvertAll(peer => peer.ToState()),
    };

    private void TakePeers(NetlinkAttributeReader entries)
    {
        foreach (var entry in entries)
        {
            var last = _peers is [.., var peer] ? peer : null;
            if (PeerReader.Take(entry.AsNested(), last) is { } taken && taken != last)
            {
                _peers.Add(taken);
            }
        }
    }
}
