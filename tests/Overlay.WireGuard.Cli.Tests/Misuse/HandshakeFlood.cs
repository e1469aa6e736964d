using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Overlay.WireGuard.Cli.Tests.World;
using Overlay.WireGuard.Protocol.Handshakes;
using Overlay.WireGuard.Protocol.Hashing;
using Overlay.WireGuard.Protocol.Keys;
using Overlay.WireGuard.Protocol.Messages;

namespace Overlay.WireGuard.Cli.Tests.Misuse;

/// <summary>Sends initiations that know the device's public key (their MAC1 is valid), each from another address and port that is not the sender's. What is
/// sealed in them is noise, which costs the device an agreement to find out.</summary>
internal sealed class HandshakeFlood : IDisposable
{
    private const int Headers = 28;

    private readonly Socket _socket;
    private readonly MessageKeys _keys;
    private readonly IPEndPoint _target;
    private readonly byte[] _packet = new byte[Headers + InitiationMessage.Size];

    public HandshakeFlood(Space from, string publicKey, IPAddress address, ushort port)
    {
        Assert.True(PublicKey.TryParse(publicKey, out var key));
        _keys = new MessageKeys(key);
        _target = new IPEndPoint(address, port);

        // IPPROTO_RAW: the IP header is ours; the kernel fills in its length and checksum (raw(7)).
        _socket = from.Namespace.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Raw, ProtocolType.Raw) { SendBufferSize = 4_000_000 });
        _socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.HeaderIncluded, true);
        (_packet[0], _packet[8], _packet[9]) = (0x45, 64, 17);
        address.TryWriteBytes(_packet.AsSpan(16), out _);
        BinaryPrimitives.WriteUInt16BigEndian(_packet.AsSpan(22), port);
        BinaryPrimitives.WriteUInt16BigEndian(_packet.AsSpan(24), 8 + InitiationMessage.Size);
    }

    /// <summary>Sends so many, from 10.66.0.0 on, at a rate that the device's socket queue can hold.</summary>
    public void Send(int count, int perSecond)
    {
        var clock = Stopwatch.StartNew();
        for (var sent = 0; sent < count;)
        {
            var due = Math.Min(count, (int)(clock.Elapsed.TotalSeconds * perSecond) + 1);
            for (; sent < due; sent++)
            {
                SendOne((uint)sent);
            }

            Thread.Sleep(1); // The rate's clock.
        }
    }

    public void Dispose() => _socket.Dispose();

    private void SendOne(uint number)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_packet.AsSpan(12), 0x0A_42_00_00 + number);
        BinaryPrimitives.WriteUInt16BigEndian(_packet.AsSpan(20), (ushort)(1024 + (number % 60_000)));
        var message = _packet.AsSpan(Headers);
        RandomNumberGenerator.Fill(message);
        MessageHeader.Write(message, MessageKind.Initiation, number);
        Blake2s.Mac(_keys.Mac1, message[..^32], [], message[^32..^16]);
        _socket.SendTo(_packet, _target);
    }
}
