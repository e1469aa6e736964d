using Overlay.TestKit.WireGuard;

namespace Overlay.WireGuard.Cli.Tests.World;

/// <summary>Namespaces, cables between them, and WireGuard programs in them; all end with this.</summary>
internal sealed class Lab : IAsyncDisposable
{
    private readonly List<Space> _spaces = [];
    private readonly List<WireGuardInterface> _interfaces = [];

    public Lab() => Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");

    /// <summary>Makes a namespace with its loopback up.</summary>
    public async Task<Space> AddAsync(string role)
    {
        var space = new Space(role);
        _spaces.Add(space);
        await space.RunAsync("ip link set lo up");
        return space;
    }

    /// <summary>Lays a cable (veth) between two namespaces; both ends are up.</summary>
    public static async Task ConnectAsync(Space left, string leftLink, Space right, string rightLink)
    {
        await left.RunAsync($"ip link add {leftLink} type veth peer name {rightLink} netns {right.Name}");
        await left.RunAsync($"ip link set {leftLink} up");
        await right.RunAsync($"ip link set {rightLink} up");
    }

    /// <summary>Starts a program, the one under test if none is named.</summary>
    public async Task<WireGuardInterface> StartAsync(Space home, string? program = null)
    {
        var started = await WireGuardInterface.StartAsync(program ?? WireGuardBinary.Path, home.Name);
        _interfaces.Add(started);
        return started;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var started in _interfaces)
        {
            await started.DisposeAsync();
        }

        foreach (var space in _spaces)
        {
            space.Dispose();
        }
    }
}
