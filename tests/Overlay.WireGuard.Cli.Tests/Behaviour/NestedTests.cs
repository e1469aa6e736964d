using Overlay.WireGuard.Cli.Tests.World;

namespace Overlay.WireGuard.Cli.Tests.Behaviour;

/// <summary>A tunnel through a tunnel. Needs root.</summary>
[Trait("Needs", "root")]
public sealed class NestedTests
{
    [Fact]
    public async Task WireGuardInWireGuard_PingAndTcp_Pass()
    {
        await using var tunnel = await Tunnel.OpenAsync();
        var inner = await tunnel.Lab.StartAsync(tunnel.Left);
        var other = await tunnel.Lab.StartAsync(tunnel.Right);
        await inner.SetUpAsync(20001);
        await other.SetUpAsync(20002);
        await inner.SetAsync($"peer {other.PublicKey} allowed-ips 10.78.0.2/32 endpoint {Tunnel.RightIPv4}:20002");
        await other.SetAsync($"peer {inner.PublicKey} allowed-ips 10.78.0.1/32 endpoint [{Tunnel.LeftIPv6}]:20001");
        await inner.BringUpAsync(1320, "10.78.0.1/24");
        await other.BringUpAsync(1320, "10.78.0.2/24");

        await tunnel.Left.IsAnsweredAsync("10.78.0.2");
        await tunnel.Right.IsAnsweredAsync("10.78.0.1", "-c 3 -i 0.2 -M do -s 1292");
        await Transfer.TcpAsync(tunnel.Left, tunnel.Right, "10.78.0.2");
        await Transfer.TcpAsync(tunnel.Right, tunnel.Left, "10.78.0.1");
    }

    [Fact]
    public async Task Onion_PeerBehindAnotherPeerOfTheSameInterface_Passes()
    {
        await using var tunnel = await Tunnel.OpenAsync();
        var behind = await tunnel.Lab.StartAsync(tunnel.Right);
        await behind.SetUpAsync(5);
        await behind.SetAsync($"peer {tunnel.A.PublicKey} allowed-ips 10.78.0.1/32");
        await behind.BringUpAsync(1320, "10.78.0.2/24");
        await tunnel.Left.RunAsync($"ip address add 10.78.0.1/24 dev {tunnel.A.Name}");

        // The same interface seals the packet for the second peer, and its own message for the first.
        await tunnel.A.SetAsync($"peer {behind.PublicKey} allowed-ips 10.78.0.2/32 endpoint {Tunnel.RightIPv4}:5");
        await tunnel.Left.IsAnsweredAsync("10.78.0.2");

        // Now the second peer would be reached through itself: nothing passes, and the program lives on.
        await tunnel.A.SetAsync($"peer {behind.PublicKey} endpoint 10.78.0.2:5");
        await tunnel.Left.IsNotAnsweredAsync("10.78.0.2", "-c 2 -i 0.2 -W 1");
        await tunnel.A.SetAsync($"peer {behind.PublicKey} remove");
        await tunnel.PassesAsync();
    }
}
