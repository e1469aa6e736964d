using System.Diagnostics;

namespace Overlay.TestKit.Agents;

/// <summary>A running overlayd. Disposing it kills the process.</summary>
public sealed class OverlaydProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly List<string> _lines = [];

    private OverlaydProcess(Process process) => _process = process;

    /// <summary>The process id.</summary>
    public int Id => _process.Id;

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>Everything it has written so far.</summary>
    public string Log
    {
        get
        {
            lock (_lines)
            {
                return string.Join('\n', _lines);
            }
        }
    }

    /// <summary>The memory that it holds now, in bytes (VmRSS of proc(5)).</summary>
    public long ResidentBytes => ReadStatus("VmRSS:");

    /// <summary>The most memory that it held, in bytes (VmHWM of proc(5)).</summary>
    public long PeakResidentBytes => ReadStatus("VmHWM:");

    /// <summary>Starts overlayd in a network namespace.</summary>
    public static OverlaydProcess Start(string? namespacePath, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var process = new Process { StartInfo = Tool.Within(namespacePath, OverlaydBinary.Path, arguments, environment) };
        var agent = new OverlaydProcess(process);
        process.OutputDataReceived += (_, line) => agent.Record(line.Data);
        process.ErrorDataReceived += (_, line) => agent.Record(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return agent;
    }

    /// <summary>SIGKILL: it gets no chance to do anything. Completes when it is gone.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>SIGTERM, as systemd and Kubernetes send it; gives the exit status.</summary>
    public async Task<int> TerminateAsync(CancellationToken cancellationToken)
    {
        Tool.Run(null, $"kill -TERM {_process.Id}");
        return await WaitForExitAsync(cancellationToken);
    }

    /// <summary>Waits until it ends by itself; gives the exit status.</summary>
    public async Task<int> WaitForExitAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken).WaitAsync(Tool.Limit, cancellationToken);
        return _process.ExitCode;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
    }

    private void Record(string? line)
    {
        if (line is not null)
        {
            lock (_lines)
            {
                _lines.Add(line);
            }
        }
    }

    private long ReadStatus(string key)
    {
        var line = File.ReadLines($"/proc/{_process.Id}/status").First(line => line.StartsWith(key, StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture);
    }
}
