using Overlay.Core.Diagnostics;

namespace Overlay.Core.Engine;

internal static class Watching
{
    /// <summary>Waits until one of the waits is over, and ends the other one.</summary>
    public static async Task EitherAsync(Func<CancellationToken, Task> first, Func<CancellationToken, Task> second, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] waits = [first(ending.Token), second(ending.Token)];
        await Task.WhenAny(waits);
        await ending.CancelAsync();
        foreach (var wait in waits)
        {
            await Task.WhenAny(wait);
        }

        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>Waits until <paramref name="isOther"/> is true of the value.</summary>
    public static async Task UntilAsync<T>(this Live<T> live, Func<T, bool> isOther, CancellationToken cancellationToken)
        where T : class
    {
        for (var seen = live.Current; !isOther(seen);)
        {
            seen = await live.WaitForOtherThanAsync(seen, cancellationToken);
        }
    }
}
