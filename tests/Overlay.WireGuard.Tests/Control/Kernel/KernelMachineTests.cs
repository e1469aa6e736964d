using Overlay.TestKit.Machines;
using Overlay.WireGuard.Control;
using Overlay.WireGuard.Control.Kernel;

namespace Overlay.WireGuard.Tests.Control.Kernel;

/// <summary>Runs the tests of the kernel device in a machine whose kernel has the module.</summary>
[Trait("Needs", "root")]
[Trait("Speed", "slow")]
public sealed class KernelMachineTests
{
    [Fact]
    public async Task KernelDeviceTests_InAMachine_AllPass()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        using var image = new MachineImage();
        await image.AddDotnetAsync();
        await image.AddHostFilesAsync("libssl.so.3", "libcrypto.so.3");
        image.AddFolder(AppContext.BaseDirectory, "/tests", file => !file.Contains("/runtimes/", StringComparison.Ordinal) || file.Contains("/linux-x64/", StringComparison.Ordinal));
        await using var machine = await Machine.StartAsync(image, ["wireguard"], memory: 1536);

        var result = await machine.TryRunAsync(
            $"DOTNET_EnableDiagnostics=0 DOTNET_TieredPGO=0 /usr/share/dotnet/dotnet /tests/Overlay.WireGuard.Tests.dll -class {typeof(KernelDeviceTests).FullName} -noColor -noLogo",
            TimeSpan.FromMinutes(10));

        Assert.True(result.Status == 0, result.Text + machine.Console);
        var count = typeof(KernelDeviceTests).GetMethods().Count(method => method.IsDefined(typeof(FactAttribute), inherit: false));
        Assert.Contains($"Total: {count}, Errors: 0, Failed: 0, Skipped: 0", result.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_OnAKernelWithoutTheModule_SaysSo()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        Assert.SkipWhen(KernelDevice.IsSupported(), "this kernel has WireGuard");

        var exception = Assert.Throws<WireGuardException>(() => KernelDevice.Create("wg0"));

        Assert.Equal(95, exception.Errno);
        Assert.Equal("This kernel has no WireGuard: the module 'wireguard' is missing.", exception.Message);
    }
}
