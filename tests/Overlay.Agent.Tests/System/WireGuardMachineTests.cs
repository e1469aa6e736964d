using Overlay.TestKit.Agents;
using Overlay.TestKit.Machines;
using Xunit;

namespace Overlay.Agent.Tests.SystemTests;

/// <summary>Runs the tests of the kernel's device in a machine whose kernel has the module.</summary>
[Trait("Needs", "root")]
[Trait("Speed", "slow")]
public sealed class WireGuardMachineTests
{
    [Fact]
    public async Task WireGuardKernelTests_InAMachine_AllPass()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        using var image = new MachineImage();
        await image.AddDotnetAsync();
        var aspNet = Path.GetDirectoryName(typeof(Microsoft.AspNetCore.Builder.WebApplication).Assembly.Location)!;
        image.AddFolder(aspNet, Path.Combine("/usr/share/dotnet/shared/Microsoft.AspNetCore.App", Path.GetFileName(aspNet)));
        await image.AddHostFilesAsync("ip", "ping", "nsenter", "wg", "nft", "libssl.so.3", "libcrypto.so.3");
        image.AddFolder(AppContext.BaseDirectory, "/tests", file => !file.Contains("/runtimes/", StringComparison.Ordinal) || file.Contains("/linux-x64/", StringComparison.Ordinal));
        var overlayd = "/tests/overlayd";
        if (OverlaydBinary.IsPublished)
        {
            overlayd = "/overlayd/overlayd";
            await image.AddPublishedAsync(OverlaydBinary.Path, "/overlayd");
        }

        await using var machine = await Machine.StartAsync(image, ["wireguard", "veth", "tun", "bridge", "nf_tables"], memory: 2048);

        var result = await machine.TryRunAsync(
            $"export DOTNET_EnableDiagnostics=0 DOTNET_TieredPGO=0 DOTNET_ROOT=/usr/share/dotnet OVERLAYD={overlayd}; /usr/share/dotnet/dotnet /tests/Overlay.Agent.Tests.dll -class {typeof(WireGuardKernelTests).FullName} -noColor -noLogo",
            TimeSpan.FromMinutes(25));

        Assert.True(result.Status == 0, result.Text + machine.Console);
        var count = typeof(WireGuardKernelTests).GetMethods().Count(method => method.IsDefined(typeof(FactAttribute), inherit: false));
        Assert.Contains($"Total: {count}, Errors: 0, Failed: 0, Skipped: 0", result.Text, StringComparison.Ordinal);
    }
}
