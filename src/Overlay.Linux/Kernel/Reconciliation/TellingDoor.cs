namespace Overlay.Linux.Kernel;

/// <summary>Writes down each change. A rehearsal makes none, and reports each as if it had been made, so that what depends on it comes up too.</summary>
internal sealed class TellingDoor(IKernelDoor inner, bool isRehearsal) : IKernelDoor
{
    private readonly List<string> _lines = [];
    private readonly List<string> _refusals = [];
    private readonly Queue<KernelChange> _pretended = new();

    /// <summary>The changes that were made, or would be.</summary>
    public IReadOnlyList<string> Lines => _lines;

    /// <summary>Those that the kernel refused, with its answer.</summary>
    public IReadOnlyList<string> Refusals => _refusals;

    /// <inheritdoc/>
    public IReadOnlyList<string> Tables => inner.Tables;

    /// <inheritdoc/>
    public void Wait() => inner.Wait();

    /// <inheritdoc/>
    public void Wake() => inner.Wake();

    /// <inheritdoc/>
    public void Dump(int rank, string? device, IKernelSink sink) => inner.Dump(rank, device, sink);

    /// <inheritdoc/>
    public bool Receive(IKernelSink sink)
    {
        if (!isRehearsal)
        {
            return inner.Receive(sink);
        }

        while (_pretended.TryDequeue(out var change))
        {
            Pretend(change, sink);
        }

        return true;
    }

    /// <inheritdoc/>
    public void Send(int rank, Span<KernelChange> changes)
    {
        if (!isRehearsal)
        {
            inner.Send(rank, changes);
        }

        foreach (ref var change in changes)
        {
            if (change.Refusal is { } refusal)
            {
                _refusals.Add($"{change}: {refusal.Text}");
                continue;
            }

            _lines.Add(change.ToString());
            if (isRehearsal)
            {
                _pretended.Enqueue(change);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => inner.Dispose();

    private static void Pretend(KernelChange change, IKernelSink sink)
    {
        var key = (change.Wanted ?? change.Seen!).Key;
        var isLink = key.Table == KernelTables.Link;
        if (change.Wanted is null || change.RemovesFirst)
        {
            sink.Gone(key, ChangeOrigin.Own);
            if (isLink)
            {
                sink.DeviceGone(key.Name);
            }
        }

        if (change.Wanted is { } wanted)
        {
            if (isLink)
            {
                sink.DeviceSeen(key.Name, index: 0, isUp: true);
            }

            sink.Seen(wanted, ChangeOrigin.Own);
        }
    }
}
