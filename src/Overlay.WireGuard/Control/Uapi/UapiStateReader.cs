using System.Net;
using System.Security.Cryptography;
using System.Text;

using Overlay.Core.Addressing;
using Overlay.WireGuard.Protocol.Keys;

namespace Overlay.WireGuard.Control.Uapi;

/// <summary>Reads the answer to <c>get=1</c> line by line. Keys that it does not know are passed over, as <c>wg(8)</c> does; a value that it cannot read is refused.</summary>
internal sealed class UapiStateReader : IDisposable
{
    private readonly List<WireGuardPeerState> _peers = [];
    private readonly List<InetPrefix> _allowedIps = [];
    private PrivateKey? _privateKey;
    private uint _listenPort;
    private uint _firewallMark;
    private PublicKey? _peer;
    private PresharedKey? _presharedKey;
    private IPEndPoint? _endpoint;
    private uint _keepalive;
    private long _handshakeSeconds;
    private long _handshakeNanoseconds;
    private long _received;
    private long _sent;

    /// <summary>Whether the empty line behind the answer was read.</summary>
    public bool IsComplete { get; private set; }

    /// <exception cref="WireGuardException">It is no line of the protocol, or the device refused the question.</exception>
    public void Take(ReadOnlySpan<byte> line)
    {
        if (line.IsEmpty)
        {
            EndPeer();
            IsComplete = true;
            return;
        }

        var end = line.IndexOf((byte)'=');
        if (end <= 0 || !TryTake(line[..end], line[(end + 1)..]))
        {
            throw new WireGuardException($"The control socket answered with '{UapiRefusal.Quote(line[..Math.Max(end, 0)])}=' and a value that is none.", UapiRefusal.Protocol);
        }
    }

    /// <summary>What was read; belongs to the caller.</summary>
    public WireGuardDeviceState ToState()
    {
        var state = new WireGuardDeviceState
        {
            PrivateKey = _privateKey,
            PublicKey = _privateKey?.PublicKey,
            ListenPort = (ushort)_listenPort,
            FirewallMark = _firewallMark,
            Peers = [.. _peers],
        };
        (_privateKey, _presharedKey) = (null, null);
        _peers.Clear();
        return state;
    }

    public void Dispose()
    {
        _privateKey?.Dispose();
        _presharedKey?.Dispose();
        _peers.ForEach(peer => peer.PresharedKey?.Dispose());
    }

    private bool TryTake(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => key switch
    {
        _ when key.SequenceEqual("private_key"u8) => TryTakePrivateKey(value),
        _ when key.SequenceEqual("listen_port"u8) => UapiValue.TryReadNumber(value, ushort.MaxValue, out _listenPort),
        _ when key.SequenceEqual("fwmark"u8) => UapiValue.TryReadNumber(value, uint.MaxValue, out _firewallMark),
        _ when key.SequenceEqual("public_key"u8) => TryBeginPeer(value),
        _ when key.SequenceEqual("preshared_key"u8) => TryTakePresharedKey(value),
        _ when key.SequenceEqual("endpoint"u8) => (_endpoint = UapiValue.ReadEndpoint(value)) is not null,
        _ when key.SequenceEqual("persistent_keepalive_interval"u8) => UapiValue.TryReadNumber(value, ushort.MaxValue, out _keepalive),
        _ when key.SequenceEqual("last_handshake_time_sec"u8) => TryReadCount(value, out _handshakeSeconds),
        _ when key.SequenceEqual("last_handshake_time_nsec"u8) => TryReadCount(value, out _handshakeNanoseconds),
        _ when key.SequenceEqual("rx_bytes"u8) => TryReadCount(value, out _received),
        _ when key.SequenceEqual("tx_bytes"u8) => TryReadCount(value, out _sent),
        _ when key.SequenceEqual("allowed_ip"u8) => TryTakeAllowedIp(value),
        _ when key.SequenceEqual("errno"u8) => value.SequenceEqual("0"u8)
            ? true
            : throw new WireGuardException($"The device refuses to be read (errno {Encoding.ASCII.GetString(value[..Math.Min(value.Length, 12)])}).", UapiRefusal.InputOutput),
        _ => true,
    };

    private static bool TryReadCount(ReadOnlySpan<byte> value, out long count) =>
        long.TryParse(value, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out count);

    private bool TryTakePrivateKey(ReadOnlySpan<byte> value)
    {
        Span<byte> bytes = stackalloc byte[PrivateKey.Size];
        var isKey = UapiValue.TryReadKey(value, bytes);
        _privateKey?.Dispose();
        _privateKey = isKey ? PrivateKey.Import(bytes) : null;
        CryptographicOperations.ZeroMemory(bytes);
        return isKey;
    }

    private bool TryTakePresharedKey(ReadOnlySpan<byte> value)
    {
        Span<byte> bytes = stackalloc byte[PresharedKey.Size];
        var isKey = UapiValue.TryReadKey(value, bytes);
        _presharedKey?.Dispose();
        _presharedKey = isKey && bytes.ContainsAnyExcept((byte)0) ? PresharedKey.Import(bytes) : null;
        CryptographicOperations.ZeroMemory(bytes);
        return isKey;
    }

    private bool TryTakeAllowedIp(ReadOnlySpan<byte> value)
    {
        if (UapiValue.ReadAllowedIp(value) is not { IsRemoval: false } change)
        {
            return false;
        }

        _allowedIps.Add(change.Prefix);
        return true;
    }

    private bool TryBeginPeer(ReadOnlySpan<byte> value)
    {
        EndPeer();
        Span<byte> bytes = stackalloc byte[PublicKey.Size];
        var isKey = UapiValue.TryReadKey(value, bytes);
        _peer = isKey ? new PublicKey(bytes) : null;
        return isKey;
    }

    private void EndPeer()
    {
        if (_peer is { } key)
        {
            _peers.Add(new WireGuardPeerState(key)
            {
                PresharedKey = _presharedKey,
                Endpoint = _endpoint,
                PersistentKeepalive = TimeSpan.FromSeconds(_keepalive),
                LastHandshake = _handshakeSeconds == 0 && _handshakeNanoseconds == 0 ? null : MomentOf(_handshakeSeconds, _handshakeNanoseconds),
                ReceivedBytes = _received,
                SentBytes = _sent,
                AllowedIps = [.. _allowedIps],
            });
        }

        (_peer, _presharedKey, _endpoint, _keepalive) = (null, null, null, 0);
        (_handshakeSeconds, _handshakeNanoseconds, _received, _sent) = (0, 0, 0, 0);
        _allowedIps.Clear();
    }

    private static DateTimeOffset MomentOf(long seconds, long nanoseconds) =>
        DateTimeOffset.UnixEpoch.AddTicks((Math.Min(seconds, TimeSpan.MaxValue.Ticks / TimeSpan.TicksPerSecond / 10) * TimeSpan.TicksPerSecond)
            + (Math.Min(nanoseconds, 999_999_999) / TimeSpan.NanosecondsPerTick));
}
