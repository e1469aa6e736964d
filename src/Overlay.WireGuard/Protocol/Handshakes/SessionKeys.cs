using Overlay.WireGuard.Protocol.Keys;

namespace Overlay.WireGuard.Protocol.Handshakes;

/// <summary>What a handshake ends in.</summary>
internal sealed class SessionKeys : IDisposable
{
    public Secret Sending { get; } = new();

    public Secret Receiving { get; } = new();

    public void Dispose()
    {
        Sending.Dispose();
        Receiving.Dispose();
    }

    public override string ToString() => "(session keys)";
}
