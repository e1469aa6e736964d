namespace Overlay.Core.Engine;

internal static class CancellationTokenExtensions
{
    /// <summary>Waits until <paramref name="token"/> is cancelled.</summary>
    public static async Task WaitAsync(this CancellationToken token, CancellationToken cancellationToken)
    {
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = token.Register(cancelled.SetResult);
        await cancelled.Task.WaitAsync(cancellationToken);
    }
}
