using Overlay.Core.Diagnostics;

namespace Overlay.Linux.Kernel;

/// <summary>Counts the repairs of foreign changes, and remembers the latest.</summary>
internal sealed class Repairs(TimeProvider clock, IReadOnlyList<string> tables, OverlayMetrics? metrics)
{
    private const int Remembered = 32;

    private readonly Lock _lock = new();
    private readonly (DateTimeOffset At, KernelEntry Entry)[] _latest = new (DateTimeOffset, KernelEntry)[Remembered];
    private readonly int[] _unreported = new int[tables.Count];
    private long _total;

    /// <summary>The latest repairs, newest first. From any thread.</summary>
    public IReadOnlyList<KernelRepair> Latest
    {
        get
        {
            lock (_lock)
            {
                return [.. Enumerable.Range(1, (int)Math.Min(_total, Remembered))
                    .Select(back => _latest[(_total - back) % Remembered])
                    .Select(repair => new KernelRepair(repair.At, repair.Entry.Key.Table, repair.Entry.ToString()))];
            }
        }
    }

    /// <summary>Counts one.</summary>
    public void Add(Slot slot)
    {
        _unreported[slot.Rank]++;
        lock (_lock)
        {
            _latest[_total % Remembered] = (clock.GetUtcNow(), slot.Desired!);
            _total++;
        }
    }

    /// <summary>Hands what was counted since the last call to the metrics, and to <paramref name="log"/> by table.</summary>
    public void Report(Action<string, int> log)
    {
        for (var rank = 0; rank < _unreported.Length; rank++)
        {
            if (_unreported[rank] is > 0 and var count)
            {
                metrics?.Repaired(tables[rank], count);
                log(tables[rank], count);
                _unreported[rank] = 0;
            }
        }
    }
}
