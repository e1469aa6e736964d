using System.Globalization;
using Overlay.TestKit.Agents;
using Overlay.TestKit.Traffic;
using Overlay.TestKit.WireGuard;
using Overlay.WireGuard.Cli.Tests.World;

namespace Overlay.WireGuard.Cli.Tests.Interop;

/// <summary>A new session with wireguard-go while packets flow. REKEY_AFTER_TIME is 120 s, and nobody can hurry a program that is not ours; so both ends wait at the same time.
/// Needs root.</summary>
[Trait("Needs", "root")]
[Trait("Speed", "slow")]
public sealed class WireGuardGoRekeyTests
{
    [Fact]
    public Task Rekey_After120SecondsUnderTraffic_LosesNothing() => Task.WhenAll(LosesNothingAsync(weBegin: false), LosesNothingAsync(weBegin: true));

    private static async Task LosesNothingAsync(bool weBegin)
    {
        await using var tunnel = await Tunnel.OpenAsync(new TunnelOptions
        {
            PresharedKey = WireGuardInterface.NewKey(),
            RightKnowsLeft = false, // So the left one begins.
            LeftProgram = weBegin ? null : WireGuardBinary.Other,
            RightProgram = weBegin ? WireGuardBinary.Other : null,
        });
        await tunnel.PassesAsync();
        using var there = TrafficProbe.Start(tunnel.Left.Namespace, tunnel.Right.Namespace, System.Net.IPAddress.Parse(Tunnel.RightIPv4), perSecond: 200);
        using var back = TrafficProbe.Start(tunnel.Right.Namespace, tunnel.Left.Namespace, System.Net.IPAddress.Parse(Tunnel.LeftIPv6), perSecond: 200);
        await there.WaitForTrafficAsync(TimeSpan.FromSeconds(30));
        await back.WaitForTrafficAsync(TimeSpan.FromSeconds(30));
        var first = await HandshakesAsync(tunnel);

        await Deadline.UntilAsync(
            () => HandshakesAsync(tunnel).GetAwaiter().GetResult() is var (left, right) && left > first.Left && right > first.Right,
            () => "there is no new handshake", TestContext.Current.CancellationToken, seconds: 150, everyMilliseconds: 500);
        await there.WaitForArrivalAsync(TimeSpan.FromSeconds(30));
        await back.WaitForArrivalAsync(TimeSpan.FromSeconds(30));

        var second = await HandshakesAsync(tunnel);
        Assert.InRange(second.Left - first.Left, 118, 127);
        Assert.Equal((0, 0), (there.Stop().Lost, back.Stop().Lost));
    }

    private static async Task<(long Left, long Right)> HandshakesAsync(Tunnel tunnel) => (
        long.Parse((await tunnel.A.ShowPeerAsync("latest-handshakes", tunnel.B.PublicKey)).Single(), CultureInfo.InvariantCulture),
        long.Parse((await tunnel.B.ShowPeerAsync("latest-handshakes", tunnel.A.PublicKey)).Single(), CultureInfo.InvariantCulture));
}
