using Microsoft.Extensions.Logging;
using Overlay.Core.Diagnostics;

namespace Overlay.Linux.Kernel;

/// <content>The thread.</content>
public sealed partial class KernelReconciler
{
    /// <summary>Has something done on the thread. All first parts that are posted together come before their second parts, so that several
    /// commits are carried out as one.</summary>
    private Task PostAsync(Action prepare, Action? run = null)
    {
        var command = new Command(prepare, run, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            _commands.Add(command);
        }

        _door.Wake();
        return command.Done.Task;
    }

    private void Work()
    {
        var commands = new List<Command>();
        while (TakeCommands(ref commands))
        {
            try
            {
                CarryOut(commands);
            }
#pragma warning disable CA1031 // Nothing may end the thread. Whoever waits is told, and the kernel's state is read anew.
            catch (Exception error)
#pragma warning restore CA1031
            {
                Log.Faulted(_logger, error);
                commands.ForEach(command => command.Done.TrySetException(error));
                _core.Recover();
            }

            commands.Clear();
            _timer.Change(_core.NextDue ?? Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _door.Wait();
        }

        commands.ForEach(command => command.Done.TrySetException(new ObjectDisposedException(nameof(KernelReconciler))));
        _timer.Dispose();
        _door.Dispose();
        _ended.SetResult();
    }

    private void CarryOut(List<Command> commands)
    {
        foreach (var command in commands)
        {
            command.Prepare();
        }

        if (commands.Exists(command => command.Run is not null))
        {
            _core.Run();
        }
        else
        {
            _core.Step();
        }

        commands.ForEach(command => command.Done.TrySetResult());
    }

    // Gives false when the reconciler was disposed.
    private bool TakeCommands(ref List<Command> commands)
    {
        lock (_lock)
        {
            (commands, _commands) = (_commands, commands);
            return !_isDisposed;
        }
    }

    private sealed record Command(Action Prepare, Action? Run, TaskCompletionSource Done);

    private static partial class Log
    {
        [LoggerMessage(EventIds.Kernel + 10, LogLevel.Error, "The kernel's state could not be followed; reading it anew in a moment")]
        public static partial void Faulted(ILogger logger, Exception error);
    }
}
