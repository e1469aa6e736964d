using Overlay.WireGuard.Protocol.Aead;
using Overlay.WireGuard.Protocol.Keys;
using Overlay.WireGuard.Protocol.Timers;

namespace Overlay.WireGuard.Protocol.Peers;

/// <summary>What an engine takes from outside.</summary>
internal sealed class EngineServices(TimeProvider clock, Entropy entropy, Random jitter, IAeadProvider aead, KeyVault vault)
{
    /// <summary>For timestamps in handshakes and the time of the last one. The time of all else is an argument, read once per batch.</summary>
    public TimeProvider Clock { get; } = clock;

    public Entropy Entropy { get; } = entropy;

    public Jitter Jitter { get; } = new(jitter);

    /// <summary>For transport packets.</summary>
    public IAeadProvider Aead { get; } = aead;

    public KeyVault Vault { get; } = vault;
}
