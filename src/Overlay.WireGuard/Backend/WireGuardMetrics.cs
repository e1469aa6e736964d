using System.Diagnostics.Metrics;
using Overlay.Core.Diagnostics;
using Overlay.WireGuard.Control;

namespace Overlay.WireGuard.Backend;

/// <summary>What is told of the open devices and their peers. See docs/metrics.md.</summary>
internal sealed class WireGuardMetrics(OpenDevices devices, OverlayMetrics metrics, TimeProvider clock)
{
    // The instruments of one collection are read one after the other, and shall tell of one moment.
    private static readonly TimeSpan _moment = TimeSpan.FromMilliseconds(500);

    private readonly Lock _lock = new();
    private IReadOnlyList<DeviceReading> _latest = [];
    private long _readAt;
    private bool _hasRead;
    private bool _isStarted;

    /// <summary>Makes the instruments, once; an agent without WireGuard has none.</summary>
    public void Start()
    {
        lock (_lock)
        {
            if (_isStarted)
            {
                return;
            }

            _isStarted = true;
        }

        metrics.Observe("overlay.wireguard.devices", "{device}", "WireGuard devices that stand, by who carries them.", Devices);
        metrics.Observe("overlay.wireguard.peer.handshake_age", "s", "Since the last handshake with the peer was completed.", HandshakeAges);
        metrics.ObserveCount("overlay.wireguard.peer.received", "By", "Bytes received from the peer, headers and handshakes included.", () => Peers(peer => peer.ReceivedBytes));
        metrics.ObserveCount("overlay.wireguard.peer.sent", "By", "Bytes sent to the peer, headers and handshakes included.", () => Peers(peer => peer.SentBytes));
        metrics.ObserveCount("overlay.wireguard.peer.drops", "{packet}", "Packets to the peer and messages that name it, that the userspace device dropped, by cause.", PeerDrops);
        metrics.ObserveCount("overlay.wireguard.drops", "{packet}", "Packets that the userspace device dropped, by cause.", Drops);
    }

    private IEnumerable<Measurement<double>> Devices() =>
        Read().Select(device => new Measurement<double>(1, Tag("device", device.Name), Tag("kind", device.Kind == WireGuardDeviceKind.Kernel ? "kernel" : "userspace")));

    private IEnumerable<Measurement<double>> HandshakeAges()
    {
        var now = clock.GetUtcNow();
        return
            from device in Read()
            from peer in device.Peers
            where peer.LastHandshake is not null
            select new Measurement<double>(Math.Max(0, (now - peer.LastHandshake!.Value).TotalSeconds), TagsOf(device, peer));
    }

    private IEnumerable<Measurement<long>> Peers(Func<PeerReading, long> count) =>
        from device in Read() from peer in device.Peers select new Measurement<long>(count(peer), TagsOf(device, peer));

    private IEnumerable<Measurement<long>> PeerDrops() =>
        from device in Read()
        from peer in device.Peers
        from drop in peer.Drops
        select new Measurement<long>(drop.Value, [.. TagsOf(device, peer), Tag("cause", drop.Key)]);

    private IEnumerable<Measurement<long>> Drops() =>
        from device in Read() from drop in device.Drops select new Measurement<long>(drop.Value, Tag("device", device.Name), Tag("cause", drop.Key));

    private IReadOnlyList<DeviceReading> Read()
    {
        lock (_lock)
        {
            if (!_hasRead || clock.GetElapsedTime(_readAt) >= _moment)
            {
                _latest = [.. devices.Names.Select(devices.Find).OfType<IWireGuardDevice>().Select(TryRead).OfType<DeviceReading>()];
                _readAt = clock.GetTimestamp();
                _hasRead = true;
            }

            return _latest;
        }
    }

    private static DeviceReading? TryRead(IWireGuardDevice device)
    {
        try
        {
            // Meters cannot wait.
            using var state = device.ReadAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult();
            return new DeviceReading(
                device.Name,
                device.Kind,
                [.. state.Peers.Select(peer => new PeerReading(peer.PublicKey.ToString(), string.Join(',', peer.AllowedIps), peer.LastHandshake, peer.ReceivedBytes, peer.SentBytes, peer.Drops))],
                state.Drops);
        }
        catch (WireGuardException)
        {
            // It is just going away.
            return null;
        }
    }

    private static KeyValuePair<string, object?>[] TagsOf(DeviceReading device, PeerReading peer) =>
        [Tag("device", device.Name), Tag("peer", peer.PublicKey), Tag("subnet", peer.Subnet)];

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);

    private sealed record DeviceReading(string Name, WireGuardDeviceKind Kind, IReadOnlyList<PeerReading> Peers, IReadOnlyDictionary<string, long> Drops);

    private sealed record PeerReading(string PublicKey, string Subnet, DateTimeOffset? LastHandshake, long ReceivedBytes, long SentBytes, IReadOnlyDictionary<string, long> Drops);
}
