using System.Globalization;
using System.Net.Sockets;
using System.Text;

using Overlay.TestKit.Agents;
using Overlay.TestKit.Processes;

namespace Overlay.TestKit.Machines;

/// <summary>A virtual machine with a kernel that has what this one lacks. Its processor is emulated, some ten to thirty times slower than this one. Disposing ends it.</summary>
public sealed class Machine : IAsyncDisposable
{
    private const int LongestLine = 1024;

    private static readonly TimeSpan _bootPatience = TimeSpan.FromMinutes(5);

    private readonly ChildProcess _process;
    private readonly DirectoryInfo _folder;
    private readonly Socket _line;
    private readonly SemaphoreSlim _oneAtATime = new(1);
    private int _lastCommand;

    private Machine(ChildProcess process, DirectoryInfo folder, Socket line) => (_process, _folder, _line) = (process, folder, line);

    /// <summary>Everything that the kernel and the start script wrote to the console.</summary>
    public string Console => _process.Output;

    /// <summary>Boots a machine.</summary>
    /// <param name="image">What it has; it may be disposed afterwards.</param>
    /// <param name="modules">The kernel modules that are loaded at the start, such as <c>wireguard</c>, <c>veth</c>, <c>tun</c>.</param>
    /// <param name="memory">Its memory, in MiB, of which the image takes its part.</param>
    public static async Task<Machine> StartAsync(MachineImage image, IEnumerable<string> modules, int memory = 1024)
    {
        ArgumentNullException.ThrowIfNull(image);
        var kernel = await MachineKernel.FindAsync();
        var archive = await image.WriteAsync(kernel, modules);
        var folder = Directory.CreateTempSubdirectory("ovt-serial");
        var path = Path.Combine(folder.FullName, "line");
        var process = ChildProcess.Start(null, "qemu-system-x86_64",
        [
            "-accel", "tcg", "-cpu", "max", "-m", memory.ToString(CultureInfo.InvariantCulture), "-nodefaults", "-no-reboot", "-display", "none", "-serial", "stdio",
            "-serial", $"unix:{path},server=on,wait=off", "-kernel", kernel.Image, "-initrd", archive, "-append", "console=ttyS0 quiet panic=-1",
        ]);
        var line = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        var machine = new Machine(process, folder, line);
        try
        {
            await process.WaitForLineAsync("READY", _bootPatience);
            await line.ConnectAsync(new UnixDomainSocketEndPoint(path));
            return machine;
        }
        catch
        {
            await machine.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs a shell script of any length, and gives its exit status and what it wrote. The shell is busybox's, which takes its own commands before those
    /// of the same name in the image: say <c>/usr/bin/ip</c>, not <c>ip</c>.</summary>
    /// <exception cref="TimeoutException">It did not end in time. The machine is of no more use then.</exception>
    public async Task<ToolResult> TryRunAsync(string script, TimeSpan? patience = null)
    {
        await _oneAtATime.WaitAsync();
        try
        {
            var id = (++_lastCommand).ToString(CultureInfo.InvariantCulture);
            var order = new StringBuilder();
            foreach (var piece in Convert.ToBase64String(Encoding.UTF8.GetBytes(script)).Chunk(LongestLine))
            {
                order.Append("+ ").Append(piece).Append('\n');
            }

            order.Append("! ").Append(id).Append('\n');
            using var late = new CancellationTokenSource(patience ?? TimeSpan.FromMinutes(2));
            await _line.SendAsync(Encoding.ASCII.GetBytes(order.ToString()), late.Token);
            return await ReadAnswerAsync(script, $"@@{id} ", late.Token);
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    /// <summary>Runs a shell script and gives what it wrote; another exit status than 0 is an exception.</summary>
    public async Task<string> RunAsync(string script, TimeSpan? patience = null)
    {
        var result = await TryRunAsync(script, patience);
        return result.Status == 0 ? result.Text : throw new InvalidOperationException($"In the machine, '{script}' ended with {result.Status}:\n{result.Text}\nConsole:\n{Console}");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _line.Dispose();
        await _process.DisposeAsync();
        _folder.Delete(recursive: true);
        _oneAtATime.Dispose();
    }

    private async Task<ToolResult> ReadAnswerAsync(string script, string mark, CancellationToken late)
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        try
        {
            while (true)
            {
                var count = await _line.ReceiveAsync(buffer, late);
                if (count == 0)
                {
                    throw new InvalidOperationException($"The machine ended during '{script}':\n{text}\nConsole:\n{Console}");
                }

                text.Append(Encoding.UTF8.GetString(buffer, 0, count));
                var all = text.ToString().Replace("\r", "", StringComparison.Ordinal);
                if (all.IndexOf(mark, StringComparison.Ordinal) is >= 0 and var at && all.IndexOf('\n', at) is > 0 and var end)
                {
                    return new ToolResult(int.Parse(all.AsSpan((at + mark.Length)..end), CultureInfo.InvariantCulture), all[..at].TrimEnd('\n'));
                }
            }
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"In the machine, '{script}' did not end in time. It wrote:\n{text}\nConsole:\n{Console}");
        }
    }
}
