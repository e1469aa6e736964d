using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

using Overlay.Core.Addressing;
using Overlay.Core.Diagnostics;
using Overlay.TestKit.Leases;
using Overlay.WireGuard.Backend;
using Overlay.WireGuard.Control;
using Overlay.WireGuard.Protocol.Keys;

namespace Overlay.WireGuard.Tests.Backend;

public sealed class WireGuardMetricsTests : IAsyncDisposable
{
    private const string Name = "flannel-wg";

    private readonly FakeTimeProvider _clock = new();
    private readonly FakeOpener _opener = new();
    private readonly PlainMeterFactory _meters = new();
    private readonly OpenDevices _devices;
    private readonly FakeDevice _device = new(Name);

    public WireGuardMetricsTests()
    {
        _devices = new OpenDevices(_opener, _clock, NullLogger<OpenDevices>.Instance);
        _opener.Kernel[Name] = _device;
        _devices.Expect([Name], WireGuardDeviceKind.Kernel, new DeviceSecrets(PrivateKey.Generate(), null));
        new WireGuardMetrics(_devices, new OverlayMetrics(_meters), _clock).Start();
    }

    public async ValueTask DisposeAsync()
    {
        await _devices.DisposeAsync();
        _meters.Dispose();
    }

    [Fact]
    public void PeerDrops_TellPeerAndCause_AndNothingOfCausesThatWereNot()
    {
        _device.Peers.Add(new FakePeer(Nodes.Key(2)) { Drops = new Dictionary<string, long> { ["replayed"] = 3, ["no_session"] = 1 } });
        _device.Peers.Add(new FakePeer(Nodes.Key(3)));
        _device.Peers[0].AllowedIps.Add(InetPrefix.Parse("10.244.2.0/24"));

        var drops = Collect("overlay.wireguard.peer.drops");

        var tags = $"device={Name} peer={Nodes.Key(2)} subnet=10.244.2.0/24";
        Assert.Equal([$"{tags} cause=replayed 3", $"{tags} cause=no_session 1"], drops);
    }

    private IEnumerable<string> Collect(string instrument)
    {
        using var collector = new MetricCollector<long>(_meters, OverlayMetrics.MeterName, instrument);
        collector.RecordObservableInstruments();
        string[] tags = ["device", "peer", "subnet", "cause"];
        return [.. collector.GetMeasurementSnapshot().Select(one => $"{string.Join(' ', tags.Select(tag => $"{tag}={one.Tags[tag]}"))} {one.Value}")];
    }
}
