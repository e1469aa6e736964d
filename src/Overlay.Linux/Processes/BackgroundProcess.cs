using System.Collections;
using System.ComponentModel;
using System.Runtime.InteropServices;
using Overlay.Linux.Interop;

namespace Overlay.Linux.Processes;

/// <summary>This program once more, in a session of its own: how a managed program goes to the background. Its standard input is empty.</summary>
public sealed class BackgroundProcess
{
    private BackgroundProcess(int id) => Id = id;

    /// <summary>The process's id.</summary>
    public int Id { get; }

    /// <summary>Starts this program's file again.</summary>
    /// <param name="arguments">What follows the program's name.</param>
    /// <param name="environment">Variables beside those of this process.</param>
    /// <param name="descriptors">Descriptors that the new process gets too, under the same numbers; they stay open here.</param>
    /// <param name="keepsOutput">Whether it writes where this process writes. Errors go there in any case; see <see cref="SilenceOutput"/>.</param>
    /// <exception cref="Win32Exception">The program cannot be started.</exception>
    public static BackgroundProcess StartSelf(
        IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment, IReadOnlyList<SafeHandle> descriptors, bool keepsOutput)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        ArgumentNullException.ThrowIfNull(environment);
        ArgumentNullException.ThrowIfNull(descriptors);
        var variables = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value);
        foreach (var (name, value) in environment)
        {
            variables[name] = value;
        }

        // The name under which it was called stays, the file is the one that runs now, wherever the name points to meanwhile.
        return new BackgroundProcess(SpawnCalls.Spawn(
            Environment.ProcessPath ?? throw new Win32Exception(Uapi.ENOENT),
            [Environment.GetCommandLineArgs()[0], .. arguments],
            [.. variables.Select(pair => $"{pair.Key}={pair.Value}")],
            [.. descriptors.Select(handle => (int)handle.DangerousGetHandle())],
            keepsOutput ? [0] : [0, 1]));
    }

    /// <summary>Lets go of the standard output and the standard error: who waits for the end of a pipe is to wait no longer. Called in the background process.</summary>
    public static void SilenceOutput()
    {
        SpawnCalls.Silence(1);
        SpawnCalls.Silence(2);
    }

    /// <summary>Waits for the process's end: its exit status, or minus the signal; <see langword="null"/> when it still runs after the time. The end is told once.</summary>
    public int? WaitForEnd(TimeSpan atMost) => SpawnCalls.Wait(Id, atMost);

    /// <summary>Ends the process at once and waits for that.</summary>
    public void Kill()
    {
        SpawnCalls.Kill(Id);
        SpawnCalls.Wait(Id, Timeout.InfiniteTimeSpan);
    }
}
