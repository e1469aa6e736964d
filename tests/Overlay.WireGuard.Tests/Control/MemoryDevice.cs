using System.Net;

using Overlay.Core.Addressing;
using Overlay.WireGuard.Control;
using Overlay.WireGuard.Protocol.Keys;

namespace Overlay.WireGuard.Tests.Control;

/// <summary>A device that carries no packets: it keeps what it is told, by the rules that every device has to keep.</summary>
internal sealed class MemoryDevice(string name) : IWireGuardDevice
{
    private const int AddressInUse = 98;

    private readonly Lock _gate = new();
    private readonly List<MemoryPeer> _peers = [];
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private byte[]? _privateKey;
    private ushort _listenPort;
    private uint _firewallMark;

    /// <summary>A port that somebody else has.</summary>
    public ushort TakenPort { get; init; }

    public int Configured { get; private set; }

    public string Name => name;

    public WireGuardDeviceKind Kind => WireGuardDeviceKind.Userspace;

    public Task Closed => _closed.Task;

    public ValueTask<WireGuardDeviceState> ReadAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return ValueTask.FromResult(new WireGuardDeviceState
            {
                PrivateKey = _privateKey is null ? null : PrivateKey.Import(_privateKey),
                ListenPort = _listenPort,
                FirewallMark = _firewallMark,
                Peers = [.. _peers.Select(peer => peer.Read())],
            });
        }
    }

    public ValueTask ConfigureAsync(WireGuardChange change, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (change.ListenPort is { } taken && taken == TakenPort && taken != 0)
            {
                throw new WireGuardException($"{name}: port {taken} is in use.", AddressInUse);
            }

            Configured++;
            _privateKey = change.RemovePrivateKey ? null : change.PrivateKey is { } key ? Export(bytes => key.Export(bytes)) : _privateKey;
            _listenPort = change.ListenPort ?? _listenPort;
            _firewallMark = change.FirewallMark ?? _firewallMark;
            if (change.ReplacePeers)
            {
                _peers.Clear();
            }

            foreach (var peer in change.Peers)
            {
                Apply(peer);
            }
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>As when somebody deletes the interface.</summary>
    public void Delete() => _closed.TrySetResult();

    public ValueTask DisposeAsync()
    {
        Delete();
        return ValueTask.CompletedTask;
    }

    private static byte[] Export(Action<byte[]> export)
    {
        var bytes = new byte[32];
        export(bytes);
        return bytes;
    }

    private void Apply(WireGuardPeerChange change)
    {
        var peer = _peers.Find(candidate => candidate.PublicKey == change.PublicKey);
        if (change.Remove)
        {
            _peers.Remove(peer!);
            return;
        }

        if (peer is null)
        {
            if (change.UpdateOnly)
            {
                return;
            }

            _peers.Add(peer = new MemoryPeer(change.PublicKey));
        }

        peer.PresharedKey = change.RemovePresharedKey ? null : change.PresharedKey is { } key ? Export(bytes => key.Export(bytes)) : peer.PresharedKey;
        peer.Endpoint = change.Endpoint ?? peer.Endpoint;
        peer.Keepalive = change.PersistentKeepalive ?? peer.Keepalive;
        if (change.ReplaceAllowedIps)
        {
            peer.AllowedIps.Clear();
        }

        foreach (var (prefix, isRemoval) in change.AllowedIps)
        {
            if (!isRemoval)
            {
                _peers.ForEach(other => other.AllowedIps.Remove(prefix.Masked()));
                peer.AllowedIps.Add(prefix.Masked());
            }
            else
            {
                peer.AllowedIps.Remove(prefix.Masked());
            }
        }
    }

    private sealed class MemoryPeer(PublicKey publicKey)
    {
        public PublicKey PublicKey => publicKey;

        public byte[]? PresharedKey { get; set; }

        public IPEndPoint? Endpoint { get; set; }

        public TimeSpan Keepalive { get; set; }

        public HashSet<InetPrefix> AllowedIps { get; } = [];

        public WireGuardPeerState Read() => new(publicKey)
        {
            PresharedKey = PresharedKey is null ? null : Protocol.Keys.PresharedKey.Import(PresharedKey),
            Endpoint = Endpoint,
            PersistentKeepalive = Keepalive,
            AllowedIps = [.. AllowedIps],
            LastHandshake = DateTimeOffset.UnixEpoch.AddTicks(17_000_000_000_000_123),
            SentBytes = 148,
            ReceivedBytes = 92,
        };
    }
}
