using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

using Overlay.Linux.Namespaces;
using Overlay.WireGuard.Protocol.Handshakes;
using Overlay.WireGuard.Protocol.Keys;
using Overlay.WireGuard.Protocol.Messages;

namespace Overlay.WireGuard.Tests.Device;

/// <summary>Initiations of a stranger who knows the device's public key: each has a right MAC1, from a thousand sources.</summary>
internal sealed class Flood
{
    private readonly byte[] _message = new byte[InitiationMessage.Size];
    private readonly CookieHolder _signer = new();
    private readonly MessageKeys _target;

    public Flood(in PublicKey target)
    {
        _target = new MessageKeys(target);
        using var local = new LocalIdentity(PrivateKey.Generate());
        using var shared = local.Agree(target);
        InitiatorHandshake.Begin(local, target, shared, PrivateKey.Generate(), 1, default, _message)!.Dispose();
    }

    /// <summary>Sends from 198.18.0.0/15, which must be local in the namespace.</summary>
    public void Send(NetworkNamespace place, IPEndPoint target, int count)
    {
        const int perSocket = 50;
        for (var i = 0; i < count; i += perSocket)
        {
            using var socket = place.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
            socket.Bind(new IPEndPoint(new IPAddress([198, 18, (byte)(i / perSocket / 250), (byte)(1 + (i / perSocket % 250))]), 0));
            for (var j = 0; j < perSocket; j++)
            {
                BinaryPrimitives.WriteInt32LittleEndian(_message.AsSpan(4), i + j);
                _signer.Sign(_target, TimeSpan.Zero, _message);
                socket.SendTo(_message, target);
            }
        }
    }
}
