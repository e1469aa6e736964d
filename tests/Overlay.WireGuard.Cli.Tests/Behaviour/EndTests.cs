using Overlay.TestKit.Agents;
using Overlay.TestKit.WireGuard;
using Overlay.WireGuard.Cli.Tests.World;

namespace Overlay.WireGuard.Cli.Tests.Behaviour;

/// <summary>All the ways in which an interface ends; the program ends with it and leaves nothing. Needs root.</summary>
[Trait("Needs", "root")]
public sealed class EndTests
{
    private const int Sigterm = 15;
    private const int Sigint = 2;

    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Delete_InterfaceAtHome_EndsTheProgramAndTakesTheSocketAway()
    {
        await using var tunnel = await Tunnel.OpenAsync();
        await tunnel.PassesAsync();

        await tunnel.Left.RunAsync($"ip link delete {tunnel.A.Name}");

        await IsGoneAsync(tunnel.A);
        Assert.True(WireGuardInterface.Answers(tunnel.B.Name));
    }

    [Fact]
    public async Task Delete_InterfaceInAnotherNamespace_EndsTheProgramAndTakesTheSocketAway()
    {
        await using var tunnel = await Tunnel.OpenAsync(new TunnelOptions { OverLoopback = true });
        await tunnel.PassesAsync();

        await tunnel.Left.RunAsync($"ip link delete {tunnel.A.Name}");

        await IsGoneAsync(tunnel.A);
    }

    [Fact]
    public async Task Delete_TheNamespaceOfTheInterface_EndsTheProgram()
    {
        await using var tunnel = await Tunnel.OpenAsync(new TunnelOptions { OverLoopback = true });
        await tunnel.PassesAsync();

        tunnel.Left.Dispose();

        await IsGoneAsync(tunnel.A);
    }

    [Fact]
    public async Task Delete_UnderTraffic_EndsTheProgramWithoutACrash()
    {
        await using var tunnel = await Tunnel.OpenAsync();
        await tunnel.PassesAsync();
        var traffic = tunnel.Left.TryRunAsync($"ping -f -c 100000 -w 3 {Tunnel.RightIPv4}");
        var reverse = tunnel.Right.TryRunAsync($"ping -f -c 100000 -w 3 {Tunnel.LeftIPv4}");
        var (_, before) = await tunnel.A.TransferAsync(tunnel.B.PublicKey);
        await Deadline.UntilAsync(
            () => tunnel.A.TransferAsync(tunnel.B.PublicKey).GetAwaiter().GetResult().Sent > before + 100_000,
            () => "there is no traffic", TestContext.Current.CancellationToken);

        await tunnel.Left.RunAsync($"ip link delete {tunnel.A.Name}");

        await IsGoneAsync(tunnel.A);
        await Task.WhenAll(traffic, reverse);
        Assert.False(tunnel.B.Process.HasExited, tunnel.B.Process.Output);
    }

    [Theory]
    [InlineData(Sigterm)]
    [InlineData(Sigint)]
    public async Task Signal_EndsTheProgramAndTakesInterfaceAndSocketAway(int signal)
    {
        await using var tunnel = await Tunnel.OpenAsync();
        await tunnel.PassesAsync();

        tunnel.A.Process.Send(signal);

        await IsGoneAsync(tunnel.A);
        Assert.NotEqual(0, (await tunnel.Left.TryRunAsync($"ip link show {tunnel.A.Name}")).Status);
    }

    [Fact]
    public async Task Delete_TheSocketsFile_EndsTheProgramAndTakesTheInterfaceAway()
    {
        await using var tunnel = await Tunnel.OpenAsync();

        File.Delete(tunnel.A.SocketPath);

        await IsGoneAsync(tunnel.A);
        Assert.NotEqual(0, (await tunnel.Left.TryRunAsync($"ip link show {tunnel.A.Name}")).Status);
    }

    [Fact]
    public async Task DownAndUp_SessionsBeginAnew()
    {
        await using var tunnel = await Tunnel.OpenAsync();
        await tunnel.PassesAsync();

        for (var i = 0; i < 3; i++)
        {
            await tunnel.Left.RunAsync($"ip link set {tunnel.A.Name} down");
            await tunnel.Right.IsNotAnsweredAsync(Tunnel.LeftIPv4);
            await tunnel.Left.RunAsync($"ip link set {tunnel.A.Name} up");
            await tunnel.Left.IsAnsweredAsync(Tunnel.RightIPv4, "-c 1");
        }
    }

    private static async Task IsGoneAsync(WireGuardInterface ended)
    {
        await ended.Process.WaitForExitAsync(_deadline);
        Assert.True(ended.Process.ExitCode == 0, $"ended with {ended.Process.ExitCode}:\n{ended.Process.Output}");
        Assert.False(File.Exists(ended.SocketPath));
    }
}
