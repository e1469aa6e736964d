namespace Overlay.Agent.Logging;

/// <summary>Writes one line for each event to a stream, at once, so that nothing is lost when the process is killed.</summary>
internal sealed class LineLoggerProvider(Stream output, LevelSwitch level, TimeProvider clock, ILineFormat format) : ILoggerProvider
{
    private readonly Lock _lock = new();

    public ILogger CreateLogger(string categoryName) => new LineLogger(this, categoryName);

    public void Dispose()
    {
        // The stream is the process's standard error.
    }

    // ASP.NET Core tells a lot of itself that is nothing to the user of an agent, and the host repeats with its stack what the agent says in words.
    private bool IsEnabled(string category, LogLevel wanted) =>
        wanted >= level.Level
        && (level.Level == LogLevel.Trace
            || !category.StartsWith("Microsoft.", StringComparison.Ordinal)
            || (wanted >= LogLevel.Warning && category != "Microsoft.Extensions.Hosting.Internal.Host"));

    private void Write(in LogLine line)
    {
        var bytes = format.Format(line);
        lock (_lock)
        {
            try
            {
                output.Write(bytes);
            }
            catch (IOException)
            {
                // Nobody reads the log any more; the network must go on.
            }
        }
    }

    private sealed class LineLogger(LineLoggerProvider provider, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None && provider.IsEnabled(category, logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                provider.Write(new LogLine(
                    provider.Now, logLevel, category, eventId.Id, formatter(state, exception), state as IReadOnlyList<KeyValuePair<string, object?>> ?? [], exception));
            }
        }
    }

    private DateTimeOffset Now => clock.GetUtcNow();
}
