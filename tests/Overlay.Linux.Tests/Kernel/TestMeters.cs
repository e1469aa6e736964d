using System.Diagnostics.Metrics;

namespace Overlay.Linux.Tests.Kernel;

/// <summary>Makes meters of its own, so that tests which run beside each other do not see each other's counts.</summary>
internal sealed class TestMeters : IMeterFactory
{
    private readonly List<Meter> _meters = [];

    public Meter Create(MeterOptions options)
    {
        options.Scope = this;
        var meter = new Meter(options);
        _meters.Add(meter);
        return meter;
    }

    public void Dispose() => _meters.ForEach(meter => meter.Dispose());
}
