using System.Globalization;
using Overlay.TestKit.Agents;
using Overlay.TestKit.WireGuard;
using Overlay.WireGuard.Cli.Tests.World;

namespace Overlay.WireGuard.Cli.Tests.Behaviour;

/// <summary><c>wg-quick</c> with the program as its userspace implementation. Needs root.</summary>
[Trait("Needs", "root")]
public sealed class WgQuickTests
{
    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task UpThenDown_AllTrafficThroughTheTunnel_LeavesNothing()
    {
        await using var tunnel = await Tunnel.OpenAsync();
        await tunnel.Right.RunAsync("ip address add 203.0.113.1/32 dev lo\nip address add 2001:db8::1/128 dev lo nodad");
        var folder = Directory.CreateTempSubdirectory("ovquick-").FullName;
        var name = WireGuardInterface.NewName();
        var file = Path.Combine(folder, name + ".conf");
        var before = await StateAsync(tunnel.Left);
        try
        {
            // The key of an interface that the right end knows; that interface itself goes.
            tunnel.A.Process.Terminate();
            await tunnel.A.Process.WaitForExitAsync(_deadline);
            await File.WriteAllTextAsync(file, string.Create(CultureInfo.InvariantCulture, $"""
                [Interface]
                PrivateKey = {tunnel.A.PrivateKey}
                ListenPort = {Tunnel.LeftPort}
                Address = {Tunnel.LeftIPv4}/24, {Tunnel.LeftIPv6}/64
                [Peer]
                PublicKey = {tunnel.B.PublicKey}
                AllowedIPs = 0.0.0.0/0, ::/0
                Endpoint = {tunnel.RightEndpoint}

                """), TestContext.Current.CancellationToken);
            await Tool.RunAsync(null, $"chmod 600 {file}");
            before = await StateAsync(tunnel.Left);

            await QuickAsync(tunnel.Left, "up", file);
            await tunnel.Left.IsAnsweredAsync("203.0.113.1");
            await tunnel.Left.IsAnsweredAsync("2001:db8::1");
            await Transfer.TcpAsync(tunnel.Left, tunnel.Right, "203.0.113.1");

            await QuickAsync(tunnel.Left, "down", file);
            Assert.Equal(before, await StateAsync(tunnel.Left));
            await Deadline.UntilAsync(
                () => !File.Exists($"/var/run/wireguard/{name}.sock") && !IsRunning(name),
                () => "the program or its socket is still there", TestContext.Current.CancellationToken, seconds: _deadline.TotalSeconds);
        }
        finally
        {
            await tunnel.Left.TryRunAsync($"ip link delete {name}");
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task QuickAsync(Space space, string verb, string file)
    {
        // The program in the background may keep what wg-quick wrote to: a file, which nobody waits for the end of.
        var log = file + ".log";
        var words = new[] { $"--net=/run/netns/{space.Name}", "--", "sh", "-c", $"wg-quick {verb} {file} >{log} 2>&1" };
        var (status, _) = await Tool.TryRunAsync(
            null, "nsenter", words, new Dictionary<string, string?> { ["WG_QUICK_USERSPACE_IMPLEMENTATION"] = WireGuardBinary.Path, ["LOG_LEVEL"] = "error" });
        Assert.True(status == 0, await File.ReadAllTextAsync(log));
    }

    /// <summary>Links, addresses, rules, routes and firewall, in the kernel's words.</summary>
    private static async Task<string> StateAsync(Space space)
    {
        var state = "";
        foreach (var command in new[] { "ip -o link", "ip -o address", "ip rule", "ip -6 rule", "ip route show table all", "ip -6 route show table all", "nft list ruleset" })
        {
            state += await space.RunAsync(command) + "\n";
        }

        return state;
    }

    /// <summary>Whether a process has the interface's name as its last argument.</summary>
    private static bool IsRunning(string name) => Directory.GetDirectories("/proc").Any(folder =>
    {
        try
        {
            return int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out _)
                && File.ReadAllText(Path.Combine(folder, "cmdline")).Split('\0', StringSplitOptions.RemoveEmptyEntries).LastOrDefault() == name;
        }
        catch (IOException)
        {
            return false; // It has just ended.
        }
    });
}
