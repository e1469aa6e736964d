using System.Diagnostics.Metrics;

namespace Overlay.Core.Diagnostics;

/// <summary>Every instrument of the <c>Overlay.Core</c> meter. Names and units are part of the public contract.</summary>
public sealed class OverlayMetrics
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Overlay.Core";

    private static readonly InstrumentAdvice<double> _durations = new() { HistogramBucketBoundaries = [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 5, 30] };

    private readonly Meter _meter;
    private readonly Counter<long> _repairs;
    private readonly Counter<long> _storeErrors;
    private readonly Counter<long> _storeEntriesSkipped;
    private readonly Counter<long> _leaseRenewals;
    private readonly Histogram<double> _batchDuration;

    /// <summary>Creates the instruments.</summary>
    public OverlayMetrics(IMeterFactory meterFactory)
    {
        ArgumentNullException.ThrowIfNull(meterFactory);
        _meter = meterFactory.Create(MeterName);
        _repairs = _meter.CreateCounter<long>("overlay.repairs", "{repair}", "Entries put back after somebody else had changed or removed them.");
        _storeErrors = _meter.CreateCounter<long>("overlay.store.errors", "{error}", "Operations that the lease store refused or did not answer.");
        _storeEntriesSkipped = _meter.CreateCounter<long>("overlay.store.entries_skipped", "{entry}", "Store entries read that are no leases.");
        _leaseRenewals = _meter.CreateCounter<long>("overlay.lease.renewals", "{renewal}", "Leases renewed by this node.");
        _batchDuration = _meter.CreateHistogram("overlay.batch.duration", "s", "Time from a change to the kernel's last answer.", advice: _durations);
    }

    /// <summary>Somebody else's change was repaired.</summary>
    /// <param name="kind">The table: <c>link</c>, <c>address</c>, <c>neighbour</c>, <c>fdb</c>, <c>route</c>, <c>firewall</c>.</param>
    /// <param name="count">How many entries.</param>
    public void Repaired(string kind, int count = 1) => _repairs.Add(count, new KeyValuePair<string, object?>("kind", kind));

    /// <summary>The lease store failed.</summary>
    /// <param name="operation">What was tried: <c>read</c>, <c>write</c>, <c>watch</c>.</param>
    public void StoreFailed(string operation) => _storeErrors.Add(1, new KeyValuePair<string, object?>("operation", operation));

    /// <summary>An entry of the lease store could not be read as a lease.</summary>
    public void StoreEntrySkipped() => _storeEntriesSkipped.Add(1);

    /// <summary>The own lease was renewed.</summary>
    public void LeaseRenewed() => _leaseRenewals.Add(1);

    /// <summary>A batch was carried out.</summary>
    public void BatchApplied(TimeSpan duration) => _batchDuration.Record(duration.TotalSeconds);

    /// <summary>Registers a value that is read when metrics are collected.</summary>
    /// <param name="name">The instrument's name, for example <c>overlay.peers</c>.</param>
    /// <param name="unit">Its unit in UCUM, for example <c>{peer}</c>.</param>
    /// <param name="description">What it counts, as a sentence.</param>
    /// <param name="observe">Reads the values, one for each set of tags.</param>
    public void Observe(string name, string unit, string description, Func<IEnumerable<Measurement<double>>> observe) =>
        _meter.CreateObservableGauge(name, observe, unit, description);

    /// <summary>Registers a count that others keep and that only grows, read when metrics are collected.</summary>
    /// <param name="name">The instrument's name, for example <c>overlay.wireguard.drops</c>.</param>
    /// <param name="unit">Its unit in UCUM, for example <c>{packet}</c>.</param>
    /// <param name="description">What it counts, as a sentence.</param>
    /// <param name="observe">Reads the counts, one for each set of tags.</param>
    public void ObserveCount(string name, string unit, string description, Func<IEnumerable<Measurement<long>>> observe) =>
        _meter.CreateObservableCounter(name, observe, unit, description);
}
