using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Tmds.Linux;

namespace Overlay.TestKit.Processes;

/// <summary>A program under test. Its output is kept; disposing this ends it, by its id.</summary>
public sealed class ChildProcess : IAsyncDisposable, IDisposable
{
    private static readonly TimeSpan _longestEnd = TimeSpan.FromSeconds(10);

    private readonly Process _process;
    private readonly Lock _gate = new();
    private readonly List<string> _lines = [];
    private TaskCompletionSource _change = NewChange();

    private ChildProcess(ProcessStartInfo start)
    {
        _process = new Process { StartInfo = start, EnableRaisingEvents = true };
        _process.OutputDataReceived += (_, line) => Add(line.Data);
        _process.ErrorDataReceived += (_, line) => Add(line.Data);
        _process.Exited += (_, _) => Signal();
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>The process's id; <c>nsenter</c> becomes the program, so this is the program's own.</summary>
    public int Id => _process.Id;

    /// <summary>Whether the process has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>The exit status, after the end.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>Everything that it wrote until now, output and errors, in lines.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_gate)
            {
                return [.. _lines];
            }
        }
    }

    /// <summary>The same as one text.</summary>
    public string Output => string.Join('\n', Lines);

    /// <summary>Starts a program.</summary>
    /// <param name="networkNamespace">The name of the namespace that it runs in; <see langword="null"/> for this process's.</param>
    /// <param name="file">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="environment">Variables to set; a <see langword="null"/> value removes one.</param>
    /// <param name="folder">The folder that it runs in; <see langword="null"/> for this process's.</param>
    public static ChildProcess Start(
        string? networkNamespace, string file, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null, string? folder = null)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        string[] enter = networkNamespace is null ? [] : ["nsenter", $"--net=/run/netns/{networkNamespace}", "--"];
        string[] command = [.. enter, file, .. arguments];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = folder ?? "",
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment[name] = value;
        }

        return new ChildProcess(start);
    }

    /// <summary>Runs a program to its end and gives what it wrote.</summary>
    /// <exception cref="InvalidOperationException">Its exit status is not 0.</exception>
    public static async Task<string> RunAsync(string? networkNamespace, string file, params string[] arguments)
    {
        await using var child = Start(networkNamespace, file, arguments);
        await child.WaitForExitAsync(TimeSpan.FromSeconds(60));
        return child.ExitCode == 0
            ? child.Output
            : throw new InvalidOperationException($"{file} {string.Join(' ', arguments)} ended with {child.ExitCode}:\n{child.Output}");
    }

    /// <summary>Waits for a line that contains <paramref name="text"/>, also among those already written.</summary>
    /// <exception cref="TimeoutException">No such line came in time; the message has the whole output.</exception>
    /// <exception cref="InvalidOperationException">The process ended without such a line.</exception>
    public Task<string> WaitForLineAsync(string text, TimeSpan deadline) => WaitForLineAsync(line => line.Contains(text, StringComparison.Ordinal), text, deadline);

    /// <summary>Waits for a line that <paramref name="match"/> accepts, also among those already written.</summary>
    /// <exception cref="TimeoutException">No such line came in time; the message has the whole output.</exception>
    /// <exception cref="InvalidOperationException">The process ended without such a line.</exception>
    public async Task<string> WaitForLineAsync(Func<string, bool> match, string description, TimeSpan deadline)
    {
        ArgumentNullException.ThrowIfNull(match);
        using var timeout = new CancellationTokenSource(deadline);
        var seen = 0;
        while (true)
        {
            Task change;
            bool hasExited;
            lock (_gate)
            {
                for (; seen < _lines.Count; seen++)
                {
                    if (match(_lines[seen]))
                    {
                        return _lines[seen];
                    }
                }

                change = _change.Task;
                hasExited = _process.HasExited;
            }

            if (hasExited)
            {
                // What was written last arrives after the end.
                await _process.WaitForExitAsync(timeout.Token);
                return Lines.FirstOrDefault(match) ?? throw new InvalidOperationException($"The process ended with {ExitCode} and no line '{description}'. It wrote:\n{Output}");
            }

            try
            {
                await change.WaitAsync(timeout.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"No line '{description}' came within {deadline}. The process wrote:\n{Output}");
            }
        }
    }

    /// <summary>Waits for the end, and for the last of the output.</summary>
    /// <exception cref="TimeoutException">It did not end in time.</exception>
    public async Task WaitForExitAsync(TimeSpan deadline)
    {
        using var timeout = new CancellationTokenSource(deadline);
        try
        {
            await _process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"The process did not end within {deadline}. It wrote:\n{Output}");
        }
    }

    /// <summary>Asks the process to end (SIGTERM).</summary>
    public void Terminate() => Send(LibC.SIGTERM);

    /// <summary>Sends a signal by number.</summary>
    public void Send(int signal)
    {
        if (!_process.HasExited && LibC.kill(Id, signal) != 0 && !_process.HasExited)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    /// <summary>Ends the process at once (SIGKILL), as a crash would.</summary>
    public void Kill()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Kill();
        await WaitForExitAsync(_longestEnd);
        _process.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Kill();
        _process.WaitForExit(_longestEnd);
        _process.Dispose();
    }

    private static TaskCompletionSource NewChange() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Add(string? line)
    {
        if (line is not null)
        {
            lock (_gate)
            {
                _lines.Add(line);
            }
        }

        Signal();
    }

    private void Signal()
    {
        TaskCompletionSource change;
        lock (_gate)
        {
            change = _change;
            _change = NewChange();
        }

        change.SetResult();
    }
}
