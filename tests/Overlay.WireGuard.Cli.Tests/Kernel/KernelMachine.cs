using Overlay.TestKit.Machines;
using Overlay.TestKit.WireGuard;

namespace Overlay.WireGuard.Cli.Tests.Kernel;

/// <summary>A machine with the kernel's WireGuard and with the program under test, which has to be published: there is no .NET in it.</summary>
public sealed class KernelMachine : IAsyncLifetime
{
    private Machine? _machine;

    public async ValueTask InitializeAsync()
    {
        if (!Environment.IsPrivilegedProcess || !IsPublished)
        {
            return;
        }

        using var image = new MachineImage();
        // The kernel's side and the tools; libssl for the cipher of System.Security.Cryptography.
        await image.AddHostFilesAsync("wg", "ip", "ping", "ethtool", "libssl.so.3", "libcrypto.so.3");
        await image.AddPublishedAsync(WireGuardBinary.Path, "/overlay-wg");
        image.AddFile(Path.Combine(AppContext.BaseDirectory, "Kernel/tunnel.sh"), "/tunnel.sh");
        _machine = await Machine.StartAsync(image, ["wireguard", "veth", "tun"]);
    }

    private static bool IsPublished => WireGuardBinary.IsOurs && Environment.GetEnvironmentVariable("OVERLAY_WG") is { Length: > 0 };

    /// <summary>Runs a script that knows <c>tunnel.sh</c>, and takes the tunnel away afterwards.</summary>
    internal async Task RunAsync(string script)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        Assert.SkipUnless(IsPublished, "OVERLAY_WG names no published overlay-wg; in a machine for this kernel there is nothing else that runs");
        var result = await _machine!.TryRunAsync($". /tunnel.sh\n{script}\nshut", TimeSpan.FromMinutes(5));
        if (result.Status != 0)
        {
            var state = await _machine.TryRunAsync(". /tunnel.sh; us wg show; them wg show; cat /tmp/ours.log; us ip addr; shut", TimeSpan.FromMinutes(2));
            Assert.Fail($"{script}\nended with {result.Status}:\n{result.Text}\n\n{state.Text}\n{_machine.Console}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_machine is not null)
        {
            await _machine.DisposeAsync();
        }
    }
}
