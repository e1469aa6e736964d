using Overlay.Core.Leases;

namespace Overlay.TestKit.Leases;

/// <summary>Reads a watch with a deadline, so that a test which waits for nothing fails instead of hanging.</summary>
public static class Watching
{
    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(20);

    /// <summary>The next element.</summary>
    public static async Task<T> NextAsync<T>(this IAsyncEnumerator<T> items, TimeSpan? deadline = null)
    {
        ArgumentNullException.ThrowIfNull(items);
        return await items.MoveNextAsync().AsTask().WaitAsync(deadline ?? _deadline) ? items.Current : throw new InvalidOperationException("The watch has ended.");
    }

    /// <summary>The next changes of a store, one by one: a store may give several at once.</summary>
    public static async IAsyncEnumerable<StoreChange> ChangesAsync(this ILeaseStore store, long after, string? key = null)
    {
        ArgumentNullException.ThrowIfNull(store);
        await using var notices = store.WatchAsync(after, key, CancellationToken.None).GetAsyncEnumerator();
        while (true)
        {
            var notice = await notices.NextAsync();
            foreach (var change in ((StoreNotice.Changes)notice).Items)
            {
                yield return change;
            }
        }
    }

    /// <summary>Waits for a task while time goes on in steps.</summary>
    public static async Task<T> WhileTimePasses<T>(this Task<T> task, Microsoft.Extensions.Time.Testing.FakeTimeProvider clock, TimeSpan step)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(clock);
        using var end = new CancellationTokenSource(_deadline);
        while (!task.IsCompleted && !end.IsCancellationRequested)
        {
            clock.Advance(step);
            await Task.WhenAny(task, Task.Delay(1));
        }

        return await task.WaitAsync(TimeSpan.Zero);
    }
}
