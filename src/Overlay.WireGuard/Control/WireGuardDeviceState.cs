using System.Collections.ObjectModel;

using Overlay.WireGuard.Protocol.Keys;

namespace Overlay.WireGuard.Control;

/// <summary>An interface at one moment.</summary>
public sealed class WireGuardDeviceState : IDisposable
{
    /// <summary>The interface's key, if it has one and the reader may see it. Belongs to this object, and is wiped with it.</summary>
    public PrivateKey? PrivateKey { get; init; }

    /// <summary>The public half of the interface's key.</summary>
    public PublicKey? PublicKey { get; init; }

    /// <summary>The UDP port of both families, in host order; zero while the interface is down and none was asked for.</summary>
    public ushort ListenPort { get; init; }

    /// <summary>The mark of outgoing packets; zero for none.</summary>
    public uint FirewallMark { get; init; }

    /// <summary>The peers, in the order in which they were added.</summary>
    public IReadOnlyList<WireGuardPeerState> Peers { get; init; } = [];

    /// <summary>Packets dropped since the interface was opened, by cause in the words of a metric label (<c>replayed</c>): those of all peers, of removed ones too, and
    /// those of which no peer is known. Empty for a kernel device, which does not tell causes.</summary>
    public IReadOnlyDictionary<string, long> Drops { get; init; } = ReadOnlyDictionary<string, long>.Empty;

    /// <summary>Wipes the secrets in it.</summary>
    public void Dispose()
    {
        PrivateKey?.Dispose();
        foreach (var peer in Peers)
        {
            peer.PresharedKey?.Dispose();
        }
    }
}
