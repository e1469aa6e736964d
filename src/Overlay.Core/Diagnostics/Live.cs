namespace Overlay.Core.Diagnostics;

/// <summary>A value that changes while others watch it: the latest one, and a way to wait for one that differs. Values in between may be
/// missed; the latest never is.</summary>
/// <typeparam name="T">An immutable type with value equality.</typeparam>
public sealed class Live<T>
    where T : class
{
    private readonly Lock _lock = new();
    private T _current;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Starts with <paramref name="initial"/>.</summary>
    public Live(T initial) => _current = initial;

    /// <summary>The latest value.</summary>
    public T Current
    {
        get
        {
            lock (_lock)
            {
                return _current;
            }
        }
    }

    /// <summary>Replaces the value and wakes the watchers; an equal value changes nothing.</summary>
    public void Set(T value) => Update(_ => value);

    /// <summary>Replaces the value by one made from it, in one step.</summary>
    public void Update(Func<T, T> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        TaskCompletionSource changed;
        lock (_lock)
        {
            var value = change(_current);
            if (EqualityComparer<T>.Default.Equals(_current, value))
            {
                return;
            }

            _current = value;
            changed = _changed;
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        changed.SetResult();
    }

    /// <summary>Waits until the value differs from <paramref name="seen"/>, and gives it; at once if it already does.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled first.</exception>
    public async ValueTask<T> WaitForOtherThanAsync(T seen, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (!EqualityComparer<T>.Default.Equals(_current, seen))
                {
                    return _current;
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }
}
