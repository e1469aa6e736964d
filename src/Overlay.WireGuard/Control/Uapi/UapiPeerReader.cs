using System.Net;
using System.Security.Cryptography;

using Overlay.WireGuard.Protocol.Keys;

namespace Overlay.WireGuard.Control.Uapi;

/// <summary>Reads the lines of one peer. Of a key that comes twice the last one counts.</summary>
internal sealed class UapiPeerReader(PublicKey publicKey) : IDisposable
{
    private readonly List<AllowedIpChange> _allowedIps = [];
    private PresharedKey? _presharedKey;
    private bool _isRemoved;
    private bool _isUpdateOnly;
    private bool _replacesAllowedIps;
    private bool _removesPresharedKey;
    private IPEndPoint? _endpoint;
    private TimeSpan? _keepalive;

    public UapiRefusal? Take(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        switch (key)
        {
            case var _ when key.SequenceEqual("allowed_ip"u8):
                return TakeAllowedIp(value);
            case var _ when key.SequenceEqual("preshared_key"u8):
                return TakePresharedKey(value);
            case var _ when key.SequenceEqual("endpoint"u8):
                _endpoint = UapiValue.ReadEndpoint(value);
                return _endpoint is null ? UapiRefusal.Value("endpoint", value, "ADDRESS:PORT or [ADDRESS]:PORT") : null;
            case var _ when key.SequenceEqual("persistent_keepalive_interval"u8):
                return TakeKeepalive(value);
            case var _ when key.SequenceEqual("remove"u8):
                return TakeTrue("remove", value, ref _isRemoved);
            case var _ when key.SequenceEqual("update_only"u8):
                return TakeTrue("update_only", value, ref _isUpdateOnly);
            case var _ when key.SequenceEqual("replace_allowed_ips"u8):
                // What the peer was given before this line goes too.
                _allowedIps.Clear();
                return TakeTrue("replace_allowed_ips", value, ref _replacesAllowedIps);
            case var _ when key.SequenceEqual("protocol_version"u8):
                return value.SequenceEqual("1"u8) ? null : UapiRefusal.Value("protocol_version", value, "1");
            default:
                return UapiRefusal.Key("peer", key);
        }
    }

    public WireGuardPeerChange ToChange() => new(publicKey)
    {
        Remove = _isRemoved,
        UpdateOnly = _isUpdateOnly,
        PresharedKey = _presharedKey,
        RemovePresharedKey = _removesPresharedKey,
        Endpoint = _endpoint,
        PersistentKeepalive = _keepalive,
        ReplaceAllowedIps = _replacesAllowedIps,
        AllowedIps = _allowedIps,
    };

    public void Dispose() => _presharedKey?.Dispose();

    internal static UapiRefusal? TakeTrue(string key, ReadOnlySpan<byte> value, ref bool flag)
    {
        flag = value.SequenceEqual("true"u8);
        return flag ? null : UapiRefusal.Value(key, value, "true");
    }

    private UapiRefusal? TakeAllowedIp(ReadOnlySpan<byte> value)
    {
        if (UapiValue.ReadAllowedIp(value) is not { } change)
        {
            return UapiRefusal.Value("allowed_ip", value, "ADDRESS/LENGTH, with a dash in front to take it away");
        }

        _allowedIps.Add(change);
        return null;
    }

    private UapiRefusal? TakeKeepalive(ReadOnlySpan<byte> value)
    {
        var isNumber = UapiValue.TryReadNumber(value, ushort.MaxValue, out var seconds);
        _keepalive = TimeSpan.FromSeconds(seconds);
        return isNumber ? null : UapiRefusal.Value("persistent_keepalive_interval", value, "0 to 65535 seconds");
    }

    private UapiRefusal? TakePresharedKey(ReadOnlySpan<byte> value)
    {
        Span<byte> bytes = stackalloc byte[PresharedKey.Size];
        var isKey = UapiValue.TryReadKey(value, bytes);
        if (isKey)
        {
            _presharedKey?.Dispose();
            // All zeros say that there is none (section "Configuration Protocol" of wireguard.com/xplatform).
            _removesPresharedKey = !bytes.ContainsAnyExcept((byte)0);
            _presharedKey = _removesPresharedKey ? null : PresharedKey.Import(bytes);
        }

        CryptographicOperations.ZeroMemory(bytes);
        return isKey ? null : UapiRefusal.Secret("preshared_key");
    }
}
