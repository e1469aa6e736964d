namespace Overlay.Agent.Logging;

/// <summary>One event of the log.</summary>
internal readonly record struct LogLine(
    DateTimeOffset At, LogLevel Level, string Category, int EventId, string Message, IReadOnlyList<KeyValuePair<string, object?>> Values, Exception? Exception)
{
    /// <summary>The level as users write it in <c>--log-level</c>.</summary>
    public string LevelName => Level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warning",
        LogLevel.Error => "error",
        _ => "critical",
    };

    /// <summary>The last part of the category: the type that speaks.</summary>
    public string Source => Category[(Category.LastIndexOf('.') + 1)..];
}
