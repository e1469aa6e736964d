using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;
using Overlay.Core.Backends;
using Overlay.Core.Diagnostics;
using Overlay.Core.Engine;

namespace Overlay.Core.Tests.Engine;

/// <summary>An engine over fakes, with a subnet file in a folder that is deleted in the end.</summary>
internal sealed class EngineHarness : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ovagent");
    private readonly MeterFactory _meters = new();
    private Task<EngineEnd>? _running;

    public EngineHarness()
    {
        Leases = new FakeLeases(Journal);
        Network = new FakeNetwork(Journal);
        Node = new FakeNode(Journal);
        Workloads = new FakeWorkloads(() => SubnetFileReader.ReadMtu(Options.SubnetFile)?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "");
        Backends = [Network];
        Options.SubnetFile = Path.Combine(_folder.FullName, "run", "subnet.env");
    }

    public Journal Journal { get; } = new();

    public FakeTimeProvider Clock { get; } = new();

    public FakeLogger<OverlayEngine> Logger { get; } = new();

    public FakeLeases Leases { get; }

    public FakeNetwork Network { get; }

    public FakeNode Node { get; }

    public FakeWorkloads Workloads { get; }

    public IReadOnlyList<IBackend> Backends { get; set; }

    public IReadOnlyList<INodeHealthSink> HealthSinks { get; set; } = [];

    public OverlayOptions Options { get; } = new();

    public OverlayEngine Engine => field ??= CreateEngine();

    public string SubnetFile => File.ReadAllText(Options.SubnetFile);

    public Task<EngineEnd> Running => _running ?? throw new InvalidOperationException("Not started.");

    public void Start()
    {
        var engine = Engine;
        _running = Task.Run(() => engine.RunAsync(_stop.Token));
    }

    /// <summary>Starts with the own lease and one peer, and waits until the node is ready.</summary>
    public async Task StartReadyAsync()
    {
        Leases.Send(Samples.Snapshot(Samples.Own, Samples.Node(2)));
        Start();
        await Engine.Ready.WaitAsync(TimeSpan.FromSeconds(10));
    }

    public void Cancel() => _stop.Cancel();

    public Task<EngineEnd> StopAsync()
    {
        Cancel();
        return Running.WaitAsync(TimeSpan.FromSeconds(10));
    }

    private OverlayEngine CreateEngine()
    {
        var metrics = new OverlayMetrics(_meters);
        var options = Microsoft.Extensions.Options.Options.Create(Options);
        return new OverlayEngine(
            new Lazy<EngineParts>(() => new EngineParts(Leases, Node, Backends, [Node], HealthSinks, options, metrics, Clock, Logger, Node, Node, Workloads)), metrics, Clock);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        if (_running is not null)
        {
            await Task.WhenAny(_running);
        }

        _stop.Dispose();
        _meters.Dispose();
        _folder.Delete(recursive: true);
    }

    private sealed class MeterFactory : IMeterFactory
    {
        private readonly List<Meter> _meters = [];

        public Meter Create(MeterOptions options)
        {
            var meter = new Meter(options);
            _meters.Add(meter);
            return meter;
        }

        public void Dispose() => _meters.ForEach(meter => meter.Dispose());
    }
}
