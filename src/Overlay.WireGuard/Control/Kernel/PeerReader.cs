using System.Net;
using System.Runtime.InteropServices;

using Overlay.Core.Addressing;
using Overlay.Linux.Netlink;
using Overlay.WireGuard.Protocol.Keys;

using static Overlay.WireGuard.Control.Kernel.Interop.WireGuardHeader;

namespace Overlay.WireGuard.Control.Kernel;

/// <summary>Reads one peer of a dump. Its prefixes may go on in the next message.</summary>
internal sealed class PeerReader : IDisposable
{
    private readonly List<InetPrefix> _allowedIps = [];
    private PresharedKey? _presharedKey;
    private IPEndPoint? _endpoint;
    private ushort _keepalive;
    private DateTimeOffset? _lastHandshake;
    private ulong _received;
    private ulong _sent;

    private PeerReader(PublicKey publicKey) => PublicKey = publicKey;

    public PublicKey PublicKey { get; }

    /// <summary>Takes an entry of the list: it is either a new peer, or goes on with <paramref name="last"/>. Without a key it is neither.</summary>
    public static PeerReader? Take(NetlinkAttributeReader attributes, PeerReader? last)
    {
        PeerReader? peer = null;
        foreach (var attribute in attributes)
        {
            if (attribute.Type == WGPEER_A_PUBLIC_KEY && attribute.Value.Length == PublicKey.Size)
            {
                var key = new PublicKey(attribute.Value);
                peer = last?.PublicKey == key ? last : new PeerReader(key);
            }
        }

        foreach (var attribute in attributes)
        {
            peer?.Take(attribute);
        }

        return peer;
    }

    public WireGuardPeerState ToState() => new(PublicKey)
    {
        PresharedKey = _presharedKey,
        Endpoint = _endpoint,
        PersistentKeepalive = TimeSpan.FromSeconds(_keepalive),
        LastHandshake = _lastHandshake,
        ReceivedBytes = (long)_received,
        SentBytes = (long)_sent,
        AllowedIps = _allowedIps,
    };

    public void Dispose() => _presharedKey?.Dispose();

    private void Take(NetlinkAttribute attribute)
    {
        switch (attribute.Type)
        {
            case WGPEER_A_PRESHARED_KEY when attribute.Value.Length == PresharedKey.Size && attribute.Value.ContainsAnyExcept((byte)0):
                _presharedKey?.Dispose();
                _presharedKey = PresharedKey.Import(attribute.Value);
                break;
            case WGPEER_A_ENDPOINT:
                _endpoint = SocketAddress.Read(attribute.Value);
                break;
            case WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL:
                _keepalive = attribute.AsUInt16();
                break;
            case WGPEER_A_LAST_HANDSHAKE_TIME:
                _lastHandshake = ReadTime(attribute.Value);
                break;
            case WGPEER_A_RX_BYTES:
                _received = attribute.AsUInt64();
                break;
            case WGPEER_A_TX_BYTES:
                _sent = attribute.AsUInt64();
                break;
            case WGPEER_A_ALLOWEDIPS:
                foreach (var entry in attribute.AsNested())
                {
                    if (ReadPrefix(entry.AsNested()) is { } prefix)
                    {
                        _allowedIps.Add(prefix);
                    }
                }

                break;
        }
    }

    private static InetPrefix? ReadPrefix(NetlinkAttributeReader attributes)
    {
        var (address, length) = (default(InetAddress), (byte)0);
        foreach (var attribute in attributes)
        {
            switch (attribute.Type)
            {
                case WGALLOWEDIP_A_IPADDR:
                    address = attribute.AsAddress();
                    break;
                case WGALLOWEDIP_A_CIDR_MASK:
                    length = attribute.AsByte();
                    break;
            }
        }

        return !address.IsNone && length <= address.Size * 8 ? new InetPrefix(address, length) : null;
    }

    /// <summary><c>struct __kernel_timespec</c>: seconds and nanoseconds of eight bytes each; zero for never.</summary>
    private static DateTimeOffset? ReadTime(ReadOnlySpan<byte> bytes)
    {
        if (!MemoryMarshal.TryRead<long>(bytes, out var seconds) || !MemoryMarshal.TryRead<long>(bytes[sizeof(long)..], out var nanoseconds)
            || seconds is <= 0 or > uint.MaxValue || nanoseconds is < 0 or >= 1_000_000_000)
        {
            return null;
        }

        return DateTimeOffset.UnixEpoch.AddSeconds(seconds).AddTicks(nanoseconds / TimeSpan.NanosecondsPerTick);
    }
}
