namespace Overlay.Linux.Kernel;

/// <summary>The kernel's own tables with further ones behind them. Those announce nothing themselves: what they have accepted is reported as seen, and
/// what may have changed is dumped.</summary>
internal sealed class ExtendedDoor : IKernelDoor
{
    private readonly IKernelDoor _kernel;
    private readonly IReadOnlyList<IEntryTable> _tables;
    private readonly List<IDisposable> _watches = [];
    private readonly Queue<KernelChange> _accepted = new();
    private readonly Lock _lock = new();
    private readonly HashSet<(string Table, string Device)> _changed = [];

    public ExtendedDoor(IKernelDoor kernel, IReadOnlyList<IEntryTable> tables)
    {
        _kernel = kernel;
        _tables = tables;
        Tables = [.. kernel.Tables, .. tables.Select(table => table.Name)];
        foreach (var table in tables)
        {
            _watches.Add(table.Watch(device => Note(table.Name, device)));
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Tables { get; }

    /// <inheritdoc/>
    public void Wait() => _kernel.Wait();

    /// <inheritdoc/>
    public void Wake() => _kernel.Wake();

    /// <inheritdoc/>
    public bool Receive(IKernelSink sink)
    {
        // In this order: links that came or went decide what may be said of entries on them.
        var isWhole = _kernel.Receive(sink);
        while (_accepted.TryDequeue(out var change))
        {
            if (change.Wanted is { } wanted)
            {
                sink.Seen(wanted, ChangeOrigin.Own);
            }
            else
            {
                sink.Gone(change.Seen!.Key, ChangeOrigin.Own);
            }
        }

        foreach (var (table, device) in TakeChanged())
        {
            sink.Doubt(table, device);
        }

        return isWhole;
    }

    /// <inheritdoc/>
    public void Dump(int rank, string? device, IKernelSink sink)
    {
        if (TableAt(rank) is { } table)
        {
            table.Dump(device, new Sink(sink));
        }
        else
        {
            _kernel.Dump(rank, device, sink);
        }
    }

    /// <inheritdoc/>
    public void Send(int rank, Span<KernelChange> changes)
    {
        if (TableAt(rank) is not { } table)
        {
            _kernel.Send(rank, changes);
            return;
        }

        var asked = new EntryChange[changes.Length];
        for (var i = 0; i < changes.Length; i++)
        {
            asked[i] = new EntryChange(changes[i].Wanted, changes[i].Seen);
        }

        var refusals = table.Apply(asked);
        for (var i = 0; i < changes.Length; i++)
        {
            if (refusals[i] is { } text)
            {
                changes[i].Refusal = new KernelRefusal(text);
            }
            else
            {
                _accepted.Enqueue(changes[i]);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _watches.ForEach(watch => watch.Dispose());
        _kernel.Dispose();
    }

    private IEntryTable? TableAt(int rank) => rank < _kernel.Tables.Count ? null : _tables[rank - _kernel.Tables.Count];

    private void Note(string table, string device)
    {
        lock (_lock)
        {
            _changed.Add((table, device));
        }

        _kernel.Wake();
    }

    private (string Table, string Device)[] TakeChanged()
    {
        lock (_lock)
        {
            if (_changed.Count == 0)
            {
                return [];
            }

            var taken = _changed.ToArray();
            _changed.Clear();
            return taken;
        }
    }

    private sealed class Sink(IKernelSink sink) : IEntrySink
    {
        public KernelEntry? Wanted(in EntryKey key) => sink.Wanted(key);

        public void Seen(KernelEntry entry) => sink.Seen(entry, ChangeOrigin.Unknown);
    }
}
