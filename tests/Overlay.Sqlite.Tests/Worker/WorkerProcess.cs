using System.Diagnostics;

namespace Overlay.Sqlite.Tests.Worker;

/// <summary>Another process on a store file; it ends with the test.</summary>
internal sealed class WorkerProcess : IDisposable
{
    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(60);

    private readonly Process _process;

    public WorkerProcess(string name, string path)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardOutput = true };
        // "dotnet exec Tests.dll" as well as the test program itself.
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet")
        {
            start.ArgumentList.Add(typeof(WorkerProcess).Assembly.Location);
        }

        start.ArgumentList.Add(WorkerProgram.Argument);
        start.ArgumentList.Add(name);
        start.ArgumentList.Add(path);
        _process = Process.Start(start)!;
    }

    public Task TellAsync(string order) => _process.StandardInput.WriteLineAsync(order);

    public async Task<string?> HearAsync() => await _process.StandardOutput.ReadLineAsync().WaitAsync(_deadline);

    /// <summary>Ends the process without a warning to it (SIGKILL).</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().WaitAsync(_deadline);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }
}
