using Overlay.TestKit.Agents;
using Overlay.TestKit.WireGuard;
using Overlay.WireGuard.Cli.Tests.World;

namespace Overlay.WireGuard.Cli.Tests.Behaviour;

/// <summary>Routes that lead a tunnel's outer packets into a tunnel again. Needs root.</summary>
[Trait("Needs", "root")]
public sealed class LoopTests
{
    /// <summary>What the kernel's module needs stays under 70 kB; a device that does not notice moves a hundred megabytes a second.</summary>
    private const long Bound = 1_000_000;

    [Fact]
    public async Task Loop_EndpointRoutedIntoItsOwnInterface_DoesNotAmplify()
    {
        await using var tunnel = await Tunnel.OpenAsync();
        await tunnel.PassesAsync();

        await tunnel.A.SetAsync($"peer {tunnel.B.PublicKey} allowed-ips 10.77.0.0/24 endpoint 10.77.0.9:9");

        await StaysBoundedAsync(tunnel.Left, "10.77.0.2", (tunnel.A, tunnel.B.PublicKey));
    }

    [Fact]
    public async Task Loop_TwoInterfacesRoutedIntoEachOther_DoesNotAmplify()
    {
        await using var tunnel = await Tunnel.OpenAsync();
        var second = await tunnel.Lab.StartAsync(tunnel.Left);
        var other = await tunnel.Lab.StartAsync(tunnel.Right);
        await second.SetUpAsync(20001);
        await other.SetUpAsync(20002);
        await second.SetAsync($"peer {other.PublicKey} allowed-ips 10.78.0.0/24 endpoint 10.0.0.2:20002");
        await other.SetAsync($"peer {second.PublicKey} allowed-ips 10.78.0.1/32");
        await second.BringUpAsync(1420, "10.78.0.1/24");
        await other.BringUpAsync(1420, "10.78.0.2/24");
        await tunnel.A.SetAsync($"peer {tunnel.B.PublicKey} allowed-ips 10.77.0.0/24,fd77::/64");
        await tunnel.PassesAsync();
        await tunnel.Left.IsAnsweredAsync("10.78.0.2");

        // Both have sessions; now each one's messages go through the other.
        await tunnel.A.SetAsync($"peer {tunnel.B.PublicKey} endpoint 10.78.0.9:9");
        await second.SetAsync($"peer {other.PublicKey} endpoint 10.77.0.9:9");

        await StaysBoundedAsync(tunnel.Left, "10.77.0.2", (tunnel.A, tunnel.B.PublicKey), (second, other.PublicKey));
    }

    /// <summary>Sends one packet into the loop and watches until the counters stand still.</summary>
    private static async Task StaysBoundedAsync(Space space, string address, params (WireGuardInterface Interface, string Peer)[] ends)
    {
        async Task<long> SumAsync()
        {
            var sum = 0L;
            foreach (var (end, peer) in ends)
            {
                sum += (await end.TransferAsync(peer)).Sent;
            }

            return sum;
        }

        var before = await SumAsync();
        await space.TryRunAsync($"ping -c 1 -W 1 -s 1000 {address}");
        var (last, unchanged) = (before, 0);
        await Deadline.UntilAsync(
            () =>
            {
                var now = SumAsync().GetAwaiter().GetResult();
                Assert.True(now - before < Bound, $"One packet became {now - before} bytes.");
                (last, unchanged) = (now, now == last ? unchanged + 1 : 0);
                return unchanged == 3;
            },
            () => $"{last - before} bytes were sent and still more come",
            TestContext.Current.CancellationToken,
            seconds: 60,
            everyMilliseconds: 300);
        Assert.All(ends, end => Assert.False(end.Interface.Process.HasExited));
    }
}
