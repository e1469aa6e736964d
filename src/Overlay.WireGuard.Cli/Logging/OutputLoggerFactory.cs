using System.Globalization;

using Microsoft.Extensions.Logging;

namespace Overlay.WireGuard.Cli.Logging;

/// <summary>Writes log lines as wireguard-go does: <c>ERROR: (wg0) 2026/11/25 22:50:01 text</c>, on the standard output.</summary>
internal sealed class OutputLoggerFactory(string interfaceName, LogLevel lowest, TimeProvider clock, TextWriter output) : ILoggerFactory, ILogger
{
    private readonly Lock _gate = new();

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
        // There is one place to write to.
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= lowest && logLevel != LogLevel.None;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel))
        {
            return;
        }

        var line = string.Create(
            CultureInfo.InvariantCulture,
            $"{(logLevel >= LogLevel.Error ? "ERROR" : "DEBUG")}: ({interfaceName}) {clock.GetLocalNow():yyyy/MM/dd HH:mm:ss} {formatter(state, exception)}{(exception is null ? "" : $": {exception.Message}")}");
        lock (_gate)
        {
            try
            {
                output.WriteLine(line);
            }
            catch (IOException)
            {
                // Nobody reads it any more: no reason for a device to end.
            }
        }
    }

    public void Dispose()
    {
        // The output belongs to the program.
    }
}
