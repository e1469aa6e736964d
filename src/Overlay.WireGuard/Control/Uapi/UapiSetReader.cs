using System.Security.Cryptography;

using Overlay.WireGuard.Protocol.Keys;

namespace Overlay.WireGuard.Control.Uapi;

/// <summary>Reads the lines of a <c>set</c>, and gives a change only when all of them were right. Disposing it wipes the secrets of the change.</summary>
internal sealed class UapiSetReader : IDisposable
{
    /// <summary>How many peers one command may name: as many as wireguard-go has at most.</summary>
    public const int MostPeers = 1 << 16;

    /// <summary>How many allowed IPs one command may name, so that a command cannot fill the memory.</summary>
    public const int MostAllowedIps = 1 << 20;

    private readonly List<UapiPeerReader> _peers = [];
    private PrivateKey? _privateKey;
    private bool _removesPrivateKey;
    private ushort? _listenPort;
    private uint? _firewallMark;
    private bool _replacesPeers;
    private int _allowedIps;

    /// <summary>Takes a line that is not empty.</summary>
    public UapiRefusal? Take(ReadOnlySpan<byte> line)
    {
        var equals = line.IndexOf((byte)'=');
        if (equals < 0)
        {
            // Not quoted: what has lost its key may be a secret.
            return new UapiRefusal(UapiRefusal.Protocol, "a line is not KEY=VALUE");
        }

        var key = line[..equals];
        var value = line[(equals + 1)..];
        if (key.SequenceEqual("public_key"u8))
        {
            return TakePeer(value);
        }

        if (_peers is not [.., var peer])
        {
            return TakeDevice(key, value);
        }

        return key.SequenceEqual("allowed_ip"u8) && ++_allowedIps > MostAllowedIps
            ? new UapiRefusal(UapiRefusal.Invalid, $"more than {MostAllowedIps} allowed IPs in one command")
            : peer.Take(key, value);
    }

    public WireGuardChange ToChange() => new()
    {
        PrivateKey = _privateKey,
        RemovePrivateKey = _removesPrivateKey,
        ListenPort = _listenPort,
        FirewallMark = _firewallMark,
        ReplacePeers = _replacesPeers,
        Peers = _peers.ConvertAll(peer => peer.ToChange()),
    };

    public void Dispose()
    {
        _privateKey?.Dispose();
        _peers.ForEach(peer => peer.Dispose());
    }

    private UapiRefusal? TakePeer(ReadOnlySpan<byte> value)
    {
        Span<byte> bytes = stackalloc byte[PublicKey.Size];
        if (!UapiValue.TryReadKey(value, bytes))
        {
            return UapiRefusal.Value("public_key", value, "64 hexadecimal digits");
        }

        if (_peers.Count == MostPeers)
        {
            return new UapiRefusal(UapiRefusal.Invalid, $"more than {MostPeers} peers in one command");
        }

        _peers.Add(new UapiPeerReader(new PublicKey(bytes)));
        return null;
    }

    private UapiRefusal? TakeDevice(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        switch (key)
        {
            case var _ when key.SequenceEqual("private_key"u8):
                return TakePrivateKey(value);
            case var _ when key.SequenceEqual("listen_port"u8):
                var isPort = UapiValue.TryReadNumber(value, ushort.MaxValue, out var port);
                _listenPort = (ushort)port;
                return isPort ? null : UapiRefusal.Value("listen_port", value, "0 to 65535");
            case var _ when key.SequenceEqual("fwmark"u8):
                var isMark = UapiValue.TryReadNumber(value, uint.MaxValue, out var mark);
                _firewallMark = mark;
                return isMark ? null : UapiRefusal.Value("fwmark", value, "0 to 4294967295");
            case var _ when key.SequenceEqual("replace_peers"u8):
                return UapiPeerReader.TakeTrue("replace_peers", value, ref _replacesPeers);
            default:
                return UapiRefusal.Key("device", key);
        }
    }

    private UapiRefusal? TakePrivateKey(ReadOnlySpan<byte> value)
    {
        Span<byte> bytes = stackalloc byte[PrivateKey.Size];
        var isKey = UapiValue.TryReadKey(value, bytes);
        if (isKey)
        {
            _privateKey?.Dispose();
            _removesPrivateKey = !bytes.ContainsAnyExcept((byte)0);
            _privateKey = _removesPrivateKey ? null : PrivateKey.Import(bytes);
        }

        CryptographicOperations.ZeroMemory(bytes);
        return isKey ? null : UapiRefusal.Secret("private_key");
    }
}
