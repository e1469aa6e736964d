using Overlay.Core.Backends;
using Overlay.Linux.Kernel;

namespace Overlay.Linux.Tests.Backends;

/// <summary>A reconciler with one scope that keeps what is wanted and carries nothing out.</summary>
internal sealed class RecordedKernel : IKernelReconciler, IKernelScope
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, IReadOnlyList<KernelEntry>> _wanted = new(StringComparer.Ordinal);
    private TaskCompletionSource _commit = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _commits;

    public Exception? Refusal { get; set; }

    public int Commits => Volatile.Read(ref _commits);

    public IReadOnlyList<KernelRepair> LastRepairs => [];

    public string[] Wanted
    {
        get
        {
            lock (_lock)
            {
                return [.. _wanted.Values.SelectMany(entries => entries).Select(entry => entry.ToString())];
            }
        }
    }

    public (int Entries, int Pending, IReadOnlyList<FailedEntry> Failed) Status => (Wanted.Length, 0, []);

    public Task NextCommit()
    {
        lock (_lock)
        {
            _commit = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _commit.Task;
        }
    }

    public IKernelScope OpenScope(ScopeClaim claim) => this;

    public void Replace(string owner, IReadOnlyList<KernelEntry> entries)
    {
        lock (_lock)
        {
            _wanted[owner] = entries;
        }
    }

    public void RetainOnly(IReadOnlySet<string> owners)
    {
        lock (_lock)
        {
            foreach (var owner in _wanted.Keys.Where(owner => !owners.Contains(owner)).ToArray())
            {
                _wanted.Remove(owner);
            }
        }
    }

    public ValueTask CommitAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _commits++;
            _commit.TrySetResult();
        }

        return Refusal is null ? ValueTask.CompletedTask : ValueTask.FromException(Refusal);
    }

    public ValueTask<IReadOnlyList<string>> PlanAsync(CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<string>>(Wanted);

    public ValueTask<IReadOnlyList<string>> RemoveAsync(ScopeClaim claim, CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<string>>([]);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
