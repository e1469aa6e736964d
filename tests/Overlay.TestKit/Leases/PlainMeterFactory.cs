using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Overlay.TestKit.Leases;

/// <summary>Makes meters, and ends them with the test.</summary>
public sealed class PlainMeterFactory : IMeterFactory
{
    private readonly ConcurrentBag<Meter> _meters = [];

    /// <inheritdoc/>
    public Meter Create(MeterOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Scope = this;
        var meter = new Meter(options);
        _meters.Add(meter);
        return meter;
    }

    /// <summary>Ends the meters.</summary>
    public void Dispose()
    {
        foreach (var meter in _meters)
        {
            meter.Dispose();
        }
    }
}
