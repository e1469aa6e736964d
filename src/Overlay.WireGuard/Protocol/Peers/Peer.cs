using Overlay.WireGuard.Protocol.Handshakes;
using Overlay.WireGuard.Protocol.Keys;
using Overlay.WireGuard.Protocol.Sessions;
using Overlay.WireGuard.Protocol.Timers;

namespace Overlay.WireGuard.Protocol.Peers;

/// <summary>The other end of a tunnel: its key, where it is, its sessions and its timers. Its methods are called once per batch of packets, from
/// any thread; each returns what is to be done now.</summary>
internal sealed partial class Peer
{
    private readonly ProtocolEngine _engine;
    private readonly Lock _gate = new();
    private readonly PeerTimers _timers;
    private readonly SessionSet _sessions = new();
    private volatile EndpointBox? _endpoint;
    private volatile bool _isRunning;
    private PresharedKey? _presharedKey;
    private long _sentBytes;
    private long _receivedBytes;
    private long _lastHandshakeTicks;

    internal Peer(ProtocolEngine engine, PublicKey key, StagingBudget budget)
    {
        _engine = engine;
        _timers = new PeerTimers(engine.Services.Jitter);
        PublicKey = key;
        MessageKeys = new MessageKeys(key);
        Drops = new DropCounters(engine.Drops);
        Staged = new StagedPackets(budget, Drops);
    }

    public PublicKey PublicKey { get; }

    /// <summary>Packets that wait for a session.</summary>
    public StagedPackets Staged { get; }

    /// <summary>Packets to the peer, and messages that name it. Of a message that is not authentic the sender may be anyone.</summary>
    public DropCounters Drops { get; }

    /// <summary>Where the peer is, as configured or as last heard from.</summary>
    public Endpoint? Endpoint => _endpoint?.Value;

    /// <summary>Whether anybody knows where the peer is.</summary>
    public bool HasEndpoint => _endpoint is not null;

    /// <summary>Bytes of all messages sent, headers and handshakes included.</summary>
    public long SentBytes => Interlocked.Read(ref _sentBytes);

    /// <summary>Bytes of all authentic messages received, headers and handshakes included.</summary>
    public long ReceivedBytes => Interlocked.Read(ref _receivedBytes);

    /// <summary>When the last handshake was completed; <see langword="null"/> for never.</summary>
    public DateTimeOffset? LastHandshake => Interlocked.Read(ref _lastHandshakeTicks) is var ticks and not 0 ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    /// <summary>Zero when switched off.</summary>
    public TimeSpan PersistentKeepalive => _timers.PersistentKeepalive;

    public PresharedKey? PresharedKey => _presharedKey;

    internal MessageKeys MessageKeys { get; }

    /// <summary>How many sessions there are, for tests and metrics.</summary>
    internal int SessionCount => (_sessions.Previous is null ? 0 : 1) + (_sessions.Current is null ? 0 : 1) + (_sessions.Next is null ? 0 : 1);

    internal SessionSet Sessions => _sessions;

    /// <summary>Belongs to <see cref="TimerQueue"/>; negative while the peer is not in it.</summary>
    internal int PlaceInQueue { get; set; } = -1;

    /// <summary>The key belongs to the peer from here on; <see langword="null"/> is none.</summary>
    public void SetPresharedKey(PresharedKey? key)
    {
        lock (_gate)
        {
            _presharedKey?.Dispose();
            _presharedKey = key;
        }
    }

    /// <summary>Where to reach the peer until it is heard from elsewhere.</summary>
    public void SetEndpoint(in Endpoint endpoint) => _endpoint = new EndpointBox(endpoint);

    /// <summary>The source address of the peer's endpoint is no good any more: it is gone, or the route leads elsewhere.</summary>
    public void ForgetSource()
    {
        if (_endpoint is { Value.HasSource: true } box)
        {
            // Not when the peer has another endpoint meanwhile: it would lose it.
            Interlocked.CompareExchange(ref _endpoint, new EndpointBox(box.Value.WithoutSource()), box);
        }
    }

    /// <summary>A keepalive in each interval of silence; the first at once when this switches them on. Zero switches them off.</summary>
    public void SetPersistentKeepalive(TimeSpan interval, TimeSpan now)
    {
        lock (_gate)
        {
            var isSwitchedOn = _timers.PersistentKeepalive == TimeSpan.Zero && interval > TimeSpan.Zero;
            _timers.PersistentKeepalive = interval;
            if (isSwitchedOn && _isRunning)
            {
                _timers.PersistentKeepaliveNow(now);
                Reschedule();
            }
        }
    }

    /// <summary>The public key. Nothing secret.</summary>
    public override string ToString() => PublicKey.ToString();

    /// <summary>Roaming: the peer is where its last authentic message came from.</summary>
    private void MoveTo(in Endpoint source)
    {
        if (_endpoint is not { } box || box.Value != source)
        {
            _endpoint = new EndpointBox(source);
        }
    }

    /// <summary>An endpoint is too large to be stored in one piece while others read it.</summary>
    private sealed class EndpointBox(Endpoint value)
    {
        public Endpoint Value { get; } = value;
    }
}
