using System.Security.Cryptography;

using NSec.Cryptography;

using Overlay.WireGuard.Protocol.Hashing;
using Overlay.WireGuard.Protocol.Keys;
using Overlay.WireGuard.Protocol.Messages;
using Overlay.WireGuard.Protocol.Timers;

namespace Overlay.WireGuard.Protocol.Handshakes;

/// <summary>Checks the authenticators of handshake messages, and under load proves by cookies that a sender owns its address.</summary>
internal sealed class CookieIssuer(Entropy entropy) : IDisposable
{
    private readonly Lock _gate = new();
    private Blake2sMac? _secret;
    private TimeSpan? _secretBorn;

    /// <summary>Whether the sender knows our public key. Nothing else is done with a message before this.</summary>
    public static bool HasValidMac1(MessageKeys own, MessageMacs macs)
    {
        Span<byte> expected = stackalloc byte[MessageMacs.Size];
        own.Mac1Check.Compute(macs.BeforeMac1, [], expected);
        return CryptographicOperations.FixedTimeEquals(expected, macs.Mac1);
    }

    /// <summary>Whether the sender received a cookie of ours at this address, within the life of the secret.</summary>
    public bool HasValidMac2(MessageMacs macs, in Endpoint source, TimeSpan now)
    {
        if (!macs.Mac2.ContainsAnyExcept((byte)0))
        {
            return false; // As of every sender who has no cookie.
        }

        Span<byte> cookie = stackalloc byte[Blake2s.MacSize];
        Span<byte> expected = stackalloc byte[MessageMacs.Size];
        MakeCookie(source, now, cookie);
        Blake2s.Mac(cookie, macs.BeforeMac2, [], expected);
        CryptographicOperations.ZeroMemory(cookie);
        return CryptographicOperations.FixedTimeEquals(expected, macs.Mac2);
    }

    /// <summary>Writes a cookie reply to a message whose MAC1 is valid. Fails only when the key was wiped meanwhile.</summary>
    public bool TryWriteReply(LocalIdentity local, MessageMacs macs, in Endpoint source, TimeSpan now, Span<byte> reply)
    {
        Span<byte> cookie = stackalloc byte[Blake2s.MacSize];
        MakeCookie(source, now, cookie);
        var fields = CookieReplyMessage.Write(reply, macs.Sender);
        entropy.Fill(fields.Nonce);
        try
        {
            if (local.CookieKey.Handle is not { } key)
            {
                return false;
            }

            AeadAlgorithm.XChaCha20Poly1305.Encrypt(key, fields.Nonce, macs.Mac1, cookie, fields.Cookie);
            return true;
        }
        catch (ObjectDisposedException)
        {
            return false; // Our key was changed while this message was looked at.
        }
        finally
        {
            CryptographicOperations.ZeroMemory(cookie);
        }
    }

    public void Dispose() => _secret?.Dispose();

    private void MakeCookie(in Endpoint source, TimeSpan now, Span<byte> cookie)
    {
        Span<byte> address = stackalloc byte[16];
        address = address[..source.Address.Size];
        source.Address.Write(address);
        lock (_gate)
        {
            if (_secret is null || _secretBorn is not { } born || now - born >= ProtocolLimits.CookieSecretMaximumAge)
            {
                _secret?.Dispose();
                using var secret = new Secret();
                entropy.Fill(secret.Writable);
                _secret = new Blake2sMac(secret.Bytes);
                _secretBorn = now;
            }

            _secret.Compute(address, [(byte)(source.Port >> 8), (byte)source.Port], cookie);
        }
    }
}
