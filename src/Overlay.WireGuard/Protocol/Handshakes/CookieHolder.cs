using System.Security.Cryptography;

using NSec.Cryptography;

using Overlay.WireGuard.Protocol.Hashing;
using Overlay.WireGuard.Protocol.Messages;
using Overlay.WireGuard.Protocol.Timers;

namespace Overlay.WireGuard.Protocol.Handshakes;

/// <summary>Authenticates our handshake messages to one peer, with its cookie while we have a fresh one. Not for two threads at once.</summary>
internal sealed class CookieHolder
{
    private readonly byte[] _cookie = new byte[Blake2s.MacSize];
    private readonly byte[] _lastMac1 = new byte[MessageMacs.Size];
    private bool _awaitsReply;
    private TimeSpan? _received;

    /// <summary>Fills in MAC1 and MAC2 of a finished message.</summary>
    public void Sign(MessageKeys remote, TimeSpan now, Span<byte> message)
    {
        var mac1 = message[^(2 * MessageMacs.Size)..^MessageMacs.Size];
        Blake2s.Mac(remote.Mac1, message[..^(2 * MessageMacs.Size)], [], mac1);
        mac1.CopyTo(_lastMac1);
        _awaitsReply = true;

        var mac2 = message[^MessageMacs.Size..];
        if (_received is { } received && now - received < ProtocolLimits.CookieSecretMaximumAge - ProtocolLimits.CookieLatency)
        {
            Blake2s.Mac(_cookie, message[..^MessageMacs.Size], [], mac2);
        }
        else
        {
            mac2.Clear();
        }
    }

    /// <summary>Keeps a cookie that answers the last message signed; any other is refused.</summary>
    public bool TryAccept(MessageKeys remote, CookieReplyMessage reply, TimeSpan now)
    {
        if (!_awaitsReply)
        {
            return false;
        }

        Span<byte> cookie = stackalloc byte[Blake2s.MacSize];
        using var key = Key.Import(AeadAlgorithm.XChaCha20Poly1305, remote.Cookie, KeyBlobFormat.RawSymmetricKey);
        if (!AeadAlgorithm.XChaCha20Poly1305.Decrypt(key, reply.Nonce, _lastMac1, reply.Cookie, cookie))
        {
            return false;
        }

        cookie.CopyTo(_cookie);
        CryptographicOperations.ZeroMemory(cookie);
        _received = now;
        _awaitsReply = false;
        return true;
    }

    public void Clear()
    {
        CryptographicOperations.ZeroMemory(_cookie);
        _received = null;
        _awaitsReply = false;
    }
}
