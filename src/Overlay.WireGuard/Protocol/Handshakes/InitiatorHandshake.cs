using Overlay.WireGuard.Protocol.Keys;
using Overlay.WireGuard.Protocol.Messages;

namespace Overlay.WireGuard.Protocol.Handshakes;

/// <summary>A handshake that this end began and that awaits its response.</summary>
internal sealed class InitiatorHandshake : IDisposable
{
    private readonly LocalIdentity _local;
    private readonly PrivateKey _ephemeral;
    private readonly NoiseState _noise;

    private InitiatorHandshake(LocalIdentity local, PrivateKey ephemeral, NoiseState noise, uint index)
    {
        _local = local;
        _ephemeral = ephemeral;
        _noise = noise;
        Index = index;
    }

    /// <summary>The index that the response must carry.</summary>
    public uint Index { get; }

    /// <summary>Writes an initiation without its authenticators; <see langword="null"/>, silently, when a key is of low order.
    /// The ephemeral key belongs to the handshake from here on.</summary>
    public static InitiatorHandshake? Begin(
        LocalIdentity local, in PublicKey remote, Secret? staticShared, PrivateKey ephemeral, uint index, Tai64N timestamp, Span<byte> message)
    {
        using var shared = new Secret();
        if (staticShared is null || !ephemeral.TryAgree(remote, shared.Writable))
        {
            ephemeral.Dispose();
            return null;
        }

        var fields = InitiationMessage.Write(message, index);
        var noise = new NoiseState(remote);
        using var key = new Secret();

        ephemeral.PublicKey.CopyTo(fields.Ephemeral);
        noise.MixKey(fields.Ephemeral);
        noise.MixHash(fields.Ephemeral);

        noise.MixKey(shared.Bytes, key);
        noise.Seal(key, local.PublicKey.AsSpan(), fields.Static);

        noise.MixKey(staticShared.Bytes, key);
        Span<byte> label = stackalloc byte[Tai64N.Size];
        timestamp.Write(label);
        noise.Seal(key, label, fields.Timestamp);
        return new InitiatorHandshake(local, ephemeral, noise, index);
    }

    /// <summary>Reads the response. A failure changes nothing: a forged response must not end the handshake.</summary>
    public SessionKeys? TryFinish(ResponseMessage response, ReadOnlySpan<byte> presharedKey)
    {
        using var noise = _noise.Copy();
        using var shared = new Secret();
        using var key = new Secret();
        noise.MixKey(response.Ephemeral);
        noise.MixHash(response.Ephemeral);

        var remoteEphemeral = new PublicKey(response.Ephemeral);
        if (!_ephemeral.TryAgree(remoteEphemeral, shared.Writable))
        {
            return null;
        }

        noise.MixKey(shared.Bytes);
        if (!_local.PrivateKey.TryAgree(remoteEphemeral, shared.Writable))
        {
            return null;
        }

        noise.MixKey(shared.Bytes);
        noise.MixKeyAndHash(presharedKey, key);
        if (!noise.TryOpen(key, response.Empty, []))
        {
            return null;
        }

        var keys = new SessionKeys();
        noise.Split(keys.Sending, keys.Receiving);
        return keys;
    }

    public void Dispose()
    {
        _ephemeral.Dispose();
        _noise.Dispose();
    }

    public override string ToString() => "(handshake)";
}
