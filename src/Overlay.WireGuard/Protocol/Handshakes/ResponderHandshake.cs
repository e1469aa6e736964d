using Overlay.WireGuard.Protocol.Keys;
using Overlay.WireGuard.Protocol.Messages;

namespace Overlay.WireGuard.Protocol.Handshakes;

/// <summary>An initiation that this end reads and answers. It holds nothing between messages.</summary>
internal sealed class ResponderHandshake : IDisposable
{
    private readonly NoiseState _noise;
    private readonly PublicKey _remoteEphemeral;

    private ResponderHandshake(NoiseState noise, PublicKey remoteEphemeral, PublicKey remote, uint remoteIndex)
    {
        _noise = noise;
        _remoteEphemeral = remoteEphemeral;
        Remote = remote;
        RemoteIndex = remoteIndex;
    }

    /// <summary>Who says to be the initiator; proven by <see cref="TryReadTimestamp"/> only.</summary>
    public PublicKey Remote { get; }

    public uint RemoteIndex { get; }

    /// <summary>Opens the initiator's name; <see langword="null"/>, silently, when it does not open.</summary>
    public static ResponderHandshake? TryBegin(LocalIdentity local, InitiationMessage message)
    {
        var noise = new NoiseState(local.PublicKey);
        noise.MixKey(message.Ephemeral);
        noise.MixHash(message.Ephemeral);

        using var shared = new Secret();
        using var key = new Secret();
        var remoteEphemeral = new PublicKey(message.Ephemeral);
        Span<byte> remote = stackalloc byte[PublicKey.Size];
        if (local.PrivateKey.TryAgree(remoteEphemeral, shared.Writable))
        {
            noise.MixKey(shared.Bytes, key);
            if (noise.TryOpen(key, message.Static, remote))
            {
                return new ResponderHandshake(noise, remoteEphemeral, new PublicKey(remote), message.Sender);
            }
        }

        noise.Dispose();
        return null;
    }

    /// <summary>Opens the timestamp, which proves that the initiator has the private key of <see cref="Remote"/>.</summary>
    public bool TryReadTimestamp(InitiationMessage message, Secret? staticShared, out Tai64N timestamp)
    {
        timestamp = default;
        if (staticShared is null)
        {
            return false;
        }

        using var key = new Secret();
        Span<byte> label = stackalloc byte[Tai64N.Size];
        _noise.MixKey(staticShared.Bytes, key);
        if (!_noise.TryOpen(key, message.Timestamp, label))
        {
            return false;
        }

        timestamp = Tai64N.Read(label);
        return true;
    }

    /// <summary>Writes the response without its authenticators; <see langword="null"/>, silently, when a key is of low order.</summary>
    public SessionKeys? TryRespond(PrivateKey ephemeral, uint index, ReadOnlySpan<byte> presharedKey, Span<byte> message)
    {
        var fields = ResponseMessage.Write(message, index, RemoteIndex);
        using var shared = new Secret();
        using var key = new Secret();
        ephemeral.PublicKey.CopyTo(fields.Ephemeral);
        _noise.MixKey(fields.Ephemeral);
        _noise.MixHash(fields.Ephemeral);

        if (!ephemeral.TryAgree(_remoteEphemeral, shared.Writable))
        {
            return null;
        }

        _noise.MixKey(shared.Bytes);
        if (!ephemeral.TryAgree(Remote, shared.Writable))
        {
            return null;
        }

        _noise.MixKey(shared.Bytes);
        _noise.MixKeyAndHash(presharedKey, key);
        _noise.Seal(key, [], fields.Empty);

        var keys = new SessionKeys();
        _noise.Split(keys.Receiving, keys.Sending);
        return keys;
    }

    public void Dispose() => _noise.Dispose();

    public override string ToString() => "(handshake)";
}
