using Overlay.WireGuard.Protocol.Handshakes;
using Overlay.WireGuard.Protocol.Keys;
using Overlay.WireGuard.Protocol.Routing;
using Overlay.WireGuard.Protocol.Sessions;

namespace Overlay.WireGuard.Protocol.Peers;

/// <summary>A WireGuard interface without its doors: what comes in are datagrams, packets and the time, what goes out are datagrams, packets
/// and things to do. It opens no socket, starts no thread and reads no clock but for timestamps. Every method may be called from any thread.</summary>
internal sealed partial class ProtocolEngine : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<PublicKey, LinkedListNode<Peer>> _peers = [];
    private readonly LinkedList<Peer> _order = [];
    private readonly StagingBudget _budget = new();
    private volatile LocalIdentity? _local;
    private bool _isRunning;

    public ProtocolEngine(EngineServices services)
    {
        Services = services;
        Indices = new IndexTable(services.Entropy);
        _cookies = new CookieIssuer(services.Entropy);
        Wipe = session =>
        {
            Indices.Remove(session.LocalIndex);
            session.Dispose();
        };
    }

    public AllowedIps<Peer> AllowedIps { get; } = new();

    /// <summary>Those of all peers, of removed ones too, and what no peer is known of.</summary>
    public DropCounters Drops { get; } = new();

    public PublicKey? PublicKey => _local?.PublicKey;

    /// <summary>In the order in which they were added.</summary>
    public IReadOnlyList<Peer> Peers
    {
        get
        {
            lock (_gate)
            {
                return [.. _order];
            }
        }
    }

    internal EngineServices Services { get; }

    internal IndexTable Indices { get; }

    internal TimerQueue Timers { get; } = new();

    internal Action<Session> Wipe { get; }

    public Peer? FindPeer(in PublicKey key)
    {
        lock (_gate)
        {
            return _peers.GetValueOrDefault(key)?.Value;
        }
    }

    /// <summary>The peer of this key, made if there is none; <see langword="null"/> for our own key, which is no peer.</summary>
    public Peer? GetOrAddPeer(in PublicKey key, TimeSpan now)
    {
        lock (_gate)
        {
            if (_peers.TryGetValue(key, out var node) || key == _local?.PublicKey)
            {
                return node?.Value;
            }

            var peer = new Peer(this, key, _budget);
            peer.SetIdentity(_local);
            _peers.Add(key, _order.AddLast(peer));
            if (_isRunning)
            {
                peer.Start(now);
            }

            return peer;
        }
    }

    /// <summary>Forgets a peer and wipes its keys.</summary>
    public bool RemovePeer(in PublicKey key)
    {
        lock (_gate)
        {
            if (!_peers.Remove(key, out var node))
            {
                return false;
            }

            var peer = node.Value;
            _order.Remove(node);
            AllowedIps.RemoveAll(peer);
            peer.Erase();
            Timers.Remove(peer);
            return true;
        }
    }

    /// <summary>Sets our key, which belongs to the engine from here on. A peer of the same key is removed; sessions made with the old key send no
    /// more. <see langword="null"/> takes the key away.</summary>
    public void SetPrivateKey(PrivateKey? key)
    {
        lock (_gate)
        {
            if (key is not null && key.PublicKey == _local?.PublicKey)
            {
                key.Dispose();
                return; // Sessions go on when the same configuration is set again.
            }

            if (key is not null)
            {
                RemovePeer(key.PublicKey);
            }

            using var before = _local;
            _local = key is null ? null : new LocalIdentity(key);
            foreach (var peer in _order)
            {
                peer.SetIdentity(_local);
            }
        }
    }

    /// <summary>Writes our private key; the caller wipes it after use. Fails when there is none.</summary>
    public bool TryExportPrivateKey(Span<byte> destination)
    {
        lock (_gate)
        {
            _local?.PrivateKey.Export(destination);
            return _local is not null;
        }
    }

    /// <summary>The interface is up.</summary>
    public void Start(TimeSpan now)
    {
        lock (_gate)
        {
            _isRunning = true;
            foreach (var peer in _order)
            {
                peer.Start(now);
            }
        }
    }

    /// <summary>The interface is down: sessions and staged packets are dropped.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            _isRunning = false;
            foreach (var peer in _order)
            {
                peer.Stop();
            }
        }
    }

    /// <summary>Wipes all keys.</summary>
    public void Dispose()
    {
        foreach (var peer in Peers)
        {
            RemovePeer(peer.PublicKey);
        }

        SetPrivateKey(null);
        _cookies.Dispose();
    }
}
