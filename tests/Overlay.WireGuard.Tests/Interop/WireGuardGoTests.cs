using System.Globalization;

namespace Overlay.WireGuard.Tests.Interop;

/// <summary>The protocol against an implementation that is not ours. Needs root, wireguard-go, wg and ping.</summary>
[Trait("Needs", "root")]
public sealed class WireGuardGoTests
{
    [Fact]
    public async Task Ping_TheirHandshake_IsAnsweredInBothFamiliesUpToTheMtu()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        await using var tunnel = await GoTunnel.StartAsync();

        await IsAnswered(tunnel, "ping -c 5 -i 0.2 -W 5 10.99.0.2");
        await IsAnswered(tunnel, "ping -c 5 -i 0.2 -W 5 fd99::2");
        await IsAnswered(tunnel, "ping -c 5 -i 0.2 -W 5 -M do -s 1392 10.99.0.2");
        Assert.NotNull(tunnel.Go.LastHandshake);

        // Both ends count the same bytes.
        var transfer = (await tunnel.RunAsync("wg show DEVICE transfer")).Split('\t');
        Assert.Equal(tunnel.Go.SentBytes, long.Parse(transfer[1], CultureInfo.InvariantCulture));
        Assert.Equal(tunnel.Go.ReceivedBytes, long.Parse(transfer[2], CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task Ping_OurHandshakeWithPresharedKey_IsAnswered()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        await using var tunnel = await GoTunnel.StartAsync(Enumerable.Range(1, 32).Select(i => (byte)i).ToArray());

        tunnel.Ping();

        await tunnel.Answered.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.DoesNotContain("\t0", await tunnel.RunAsync("wg show DEVICE latest-handshakes"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ping_WeMoveToAnotherPort_TheyFollow()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        await using var tunnel = await GoTunnel.StartAsync();
        await IsAnswered(tunnel, "ping -c 1 -W 5 10.99.0.2");

        var port = tunnel.Roam();
        tunnel.Ping();
        await tunnel.Answered.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        Assert.EndsWith(string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}"), await tunnel.RunAsync("wg show DEVICE endpoints"), StringComparison.Ordinal);
        await IsAnswered(tunnel, "ping -c 3 -i 0.2 -W 5 10.99.0.2");
    }

    [Fact]
    public async Task Ping_WeAreUnderLoad_TheyComeBackWithOurCookie()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        await using var tunnel = await GoTunnel.StartAsync();
        tunnel.Node.IsUnderLoad = true;

        // The first try gets a cookie; the second, five seconds later, a session.
        await IsAnswered(tunnel, "ping -c 1 -W 20 10.99.0.2");
        Assert.InRange(tunnel.Node.Engine.Drops[Protocol.Peers.DropCause.CookieSent], 1, 2);
    }

    // For the last answer ping waits no longer than the interval or two round trips, whatever -W says.
    private static async Task IsAnswered(GoTunnel tunnel, string ping)
    {
        var output = await tunnel.RunAsync(ping);
        Assert.True(output.Contains(" 0% packet loss", StringComparison.Ordinal), output);
    }
}
