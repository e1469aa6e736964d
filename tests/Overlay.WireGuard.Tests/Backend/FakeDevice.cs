using Overlay.WireGuard.Control;
using Overlay.WireGuard.Protocol.Keys;

namespace Overlay.WireGuard.Tests.Backend;

/// <summary>A WireGuard device in memory: it keeps what it is told as the kernel's module does, carries nothing, and counts requests.</summary>
internal sealed class FakeDevice(string name, WireGuardDeviceKind kind = WireGuardDeviceKind.Kernel) : IWireGuardDevice
{
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isGone;

    public string Name => name;

    public WireGuardDeviceKind Kind => kind;

    public Task Closed => _closed.Task;

    public PublicKey? OwnKey { get; private set; }

    public ushort ListenPort { get; set; }

    public uint FirewallMark { get; set; }

    public List<FakePeer> Peers { get; } = [];

    public int Reads { get; private set; }

    /// <summary>The requests, as how many peers each was about.</summary>
    public List<int> Requests { get; } = [];

    /// <summary>Peers that no request may name.</summary>
    public HashSet<PublicKey> Refused { get; } = [];

    public FakePeer this[PublicKey key] => Peers.Single(peer => peer.Key == key);

    public ValueTask<WireGuardDeviceState> ReadAsync(CancellationToken cancellationToken)
    {
        Reads++;
        ThrowIfGone();
        return ValueTask.FromResult(new WireGuardDeviceState
        {
            PublicKey = OwnKey,
            ListenPort = ListenPort,
            FirewallMark = FirewallMark,
            Peers = [.. Peers.Select(peer => peer.ToState())],
        });
    }

    public ValueTask ConfigureAsync(WireGuardChange change, CancellationToken cancellationToken)
    {
        ThrowIfGone();
        Requests.Add(change.Peers.Count);
        if (change.Peers.FirstOrDefault(peer => Refused.Contains(peer.PublicKey)) is { } refused)
        {
            throw new WireGuardException($"the kernel refuses {refused}", 22);
        }

        OwnKey = change.PrivateKey?.PublicKey ?? OwnKey;
        ListenPort = change.ListenPort ?? ListenPort;
        FirewallMark = change.FirewallMark ?? FirewallMark;
        foreach (var peer in change.Peers)
        {
            Take(peer);
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>Deletes the link; <paramref name="isKnown"/> is whether the device has noticed.</summary>
    public void Delete(bool isKnown = true)
    {
        _isGone = true;
        if (isKnown)
        {
            _closed.TrySetResult();
        }
    }

    public ValueTask DisposeAsync()
    {
        _closed.TrySetResult();
        return ValueTask.CompletedTask;
    }

    private void Take(WireGuardPeerChange change)
    {
        var peer = Peers.Find(peer => peer.Key == change.PublicKey);
        if (change.Remove)
        {
            Peers.RemoveAll(other => other.Key == change.PublicKey);
            return;
        }

        if (peer is null)
        {
            Peers.Add(peer = new FakePeer(change.PublicKey));
        }

        if (change.PresharedKey is { } key)
        {
            peer.PresharedKey = new byte[PresharedKey.Size];
            key.Export(peer.PresharedKey);
        }

        peer.PresharedKey = change.RemovePresharedKey ? null : peer.PresharedKey;
        peer.Endpoint = change.Endpoint ?? peer.Endpoint;
        peer.PersistentKeepalive = change.PersistentKeepalive ?? peer.PersistentKeepalive;
        if (change.ReplaceAllowedIps)
        {
            peer.AllowedIps.Clear();
        }

        foreach (var ip in change.AllowedIps)
        {
            Peers.ForEach(other => other.AllowedIps.Remove(ip.Prefix));
            peer.AllowedIps.Add(ip.Prefix);
        }
    }

    private void ThrowIfGone()
    {
        if (_isGone)
        {
            throw new WireGuardException($"{name} is gone", 19);
        }
    }
}
