using System.Globalization;

using Overlay.TestKit.Agents;
using Overlay.TestKit.WireGuard;
using Overlay.WireGuard.Cli.Tests.World;
using Overlay.WireGuard.Control.Uapi;

namespace Overlay.WireGuard.Cli.Tests.CommandLine;

/// <summary>The program without <c>-f</c>: the caller has it back when the device is ready, or is told why it is not. Needs root.</summary>
[Trait("Needs", "root")]
public sealed class BackgroundTests : IDisposable
{
    private readonly Space _space;
    private readonly string _name = WireGuardInterface.NewName();

    public BackgroundTests()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        Assert.SkipUnless(WireGuardBinary.IsOurs, "another program is under test");
        _space = new Space("background");
    }

    private string SocketPath => $"/var/run/wireguard/{_name}.sock";

    public void Dispose()
    {
        if (_space is not null)
        {
            File.Delete(SocketPath);
            _space.Dispose();
        }
    }

    [Fact]
    public async Task Start_ComesBackWhenTheDeviceAnswers_AndLeavesAProcessOfItsOwn()
    {
        var result = await StartAsync();

        Assert.Equal((0, ""), (result.Status, result.Text));
        Assert.True(await UapiProbe.AnswersAsync(SocketPath, TestContext.Current.CancellationToken));
        var id = FindProcess();
        Assert.NotEqual(0, id);
        // proc(5): the session is the sixth field behind the name.
        Assert.Equal(id, int.Parse((await File.ReadAllTextAsync($"/proc/{id}/stat", TestContext.Current.CancellationToken)).Split(") ")[1].Split(' ')[3], CultureInfo.InvariantCulture));
        foreach (var number in (int[])[0, 1, 2])
        {
            Assert.Equal("/dev/null", File.ResolveLinkTarget($"/proc/{id}/fd/{number}", returnFinalTarget: false)!.FullName);
        }

        await EndAsync(id);
    }

    [Fact]
    public async Task Start_WithALogLevel_GoesOnWritingToTheCallersOutput()
    {
        var file = Path.GetTempFileName();
        try
        {
            var result = await Tool.TryRunAsync(_space.Name, "sh", ["-c", $"exec {WireGuardBinary.Path} {_name} > {file} 2>&1"], new Dictionary<string, string?> { ["LOG_LEVEL"] = "verbose" });
            Assert.Equal(0, result.Status);
            var id = FindProcess();

            // A wrong command is an error, which is logged.
            await Tool.TryRunAsync(null, "sh", ["-c", $"printf 'set=1\\nnonsense\\n\\n' | ncat -U {SocketPath}"]);

            await Deadline.UntilAsync(
                () => File.ReadAllText(file).Contains($"ERROR: ({_name}) ", StringComparison.Ordinal), () => File.ReadAllText(file), TestContext.Current.CancellationToken);
            await EndAsync(id);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task Start_WhenThereIsSuchAnInterface_IsOneMessageAndStatus1()
    {
        await _space.RunAsync($"ip link add {_name} type veth");

        var result = await StartAsync();

        Assert.Equal(1, result.Status);
        Assert.Matches($"^overlay-wg: The interface {_name} cannot be made: [^\n]*$", result.Text);
        Assert.False(File.Exists(SocketPath));
    }

    [Fact]
    public async Task Start_WhereAnotherNamespaceHasTheName_IsRefused_AndTheOtherGoesOn()
    {
        Assert.Equal(0, (await StartAsync()).Status);
        var id = FindProcess();
        using var other = new Space("other");

        var result = await Tool.TryRunAsync(other.Name, WireGuardBinary.Path, [_name]);

        Assert.Equal((1, $"overlay-wg: The control socket {SocketPath} is in use by another process. End that one; or, when it serves another network namespace (the folder is one for all of them), start this one in a mount namespace with a folder of its own there."), (result.Status, result.Text));
        Assert.Equal(1, (await other.TryRunAsync($"ip link show {_name}")).Status);
        Assert.True(await UapiProbe.AnswersAsync(SocketPath, TestContext.Current.CancellationToken));
        await EndAsync(id);
    }

    [Fact]
    public async Task Start_AfterACrash_ReplacesTheStaleSocket()
    {
        Assert.Equal(0, (await StartAsync()).Status);
        Assert.Equal(0, Tmds.Linux.LibC.kill(FindProcess(), Tmds.Linux.LibC.SIGKILL));
        // Its name is gone at once, its interface only when the kernel has closed its descriptors.
        await Deadline.UntilAsync(() => _space.TryRunAsync($"ip link show {_name}").GetAwaiter().GetResult().Status != 0, () => "the interface is still there", TestContext.Current.CancellationToken);
        Assert.True(File.Exists(SocketPath));

        Assert.Equal((0, ""), ((await StartAsync()) is var result ? result.Status : -1, result.Text));

        await EndAsync(FindProcess());
    }

    [Theory]
    [InlineData(10)]
    [InlineData(16)]
    public async Task Start_WhenTheProcessInTheBackgroundFails_IsStatus1AndLeavesNothing(int descriptors)
    {
        // So few descriptors that the second process cannot do what the first one could.
        var result = await Tool.TryRunAsync(_space.Name, "sh", ["-c", $"ulimit -n {descriptors}; exec {WireGuardBinary.Path} {_name}"]);

        Assert.Equal(1, result.Status);
        Assert.Contains("overlay-wg: ", result.Text, StringComparison.Ordinal);
        Assert.False(File.Exists(SocketPath));
        Assert.Equal(0, FindProcess());
        Assert.Equal(1, (await _space.TryRunAsync($"ip link show {_name}")).Status);
    }

    [Fact]
    public async Task Foreground_WithAWrongDescriptor_IsOneMessageAndStatus1()
    {
        var result = await Tool.TryRunAsync(_space.Name, WireGuardBinary.Path, ["-f", _name], new Dictionary<string, string?> { ["WG_TUN_FD"] = "2" });

        Assert.Equal(1, result.Status);
        Assert.Matches("^overlay-wg: [^\n]*$", result.Text);
    }

    private Task<ToolResult> StartAsync() => Tool.TryRunAsync(_space.Name, WireGuardBinary.Path, [_name], new Dictionary<string, string?> { ["LOG_LEVEL"] = null });

    private async Task EndAsync(int id)
    {
        File.Delete(SocketPath);
        await Deadline.UntilAsync(() => FindProcess() == 0, () => $"process {id} still runs", TestContext.Current.CancellationToken);
    }

    /// <summary>The process whose last words are <c>-f NAME</c>; zombies have no words.</summary>
    private int FindProcess() => Directory.GetDirectories("/proc")
        .Select(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0)
        .FirstOrDefault(id => id != 0 && ReadWords(id) is [.., "-f", var last] && last == _name);

    private static string[] ReadWords(int id)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/cmdline").Split('\0', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (IOException)
        {
            return []; // It has just ended.
        }
    }
}
