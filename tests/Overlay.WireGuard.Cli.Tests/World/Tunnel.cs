using System.Globalization;
using Overlay.TestKit.WireGuard;

namespace Overlay.WireGuard.Cli.Tests.World;

/// <summary>Two namespaces with a tunnel between them:
/// <code>
///   left                                     right
///   A  10.77.0.1/24, fd77::1/64              B  10.77.0.2/24, fd77::2/64
///   eth0 10.0.0.1/24, fd00:aa::1/64 -------- eth0 10.0.0.2/24, fd00:aa::2/64      or the loopback of a third namespace
/// </code></summary>
internal sealed class Tunnel : IAsyncDisposable
{
    public const int LeftPort = 10001;
    public const int RightPort = 10002;
    public const string LeftIPv4 = "10.77.0.1";
    public const string LeftIPv6 = "fd77::1";
    public const string RightIPv4 = "10.77.0.2";
    public const string RightIPv6 = "fd77::2";

    private Tunnel(TunnelOptions options) => Options = options;

    public TunnelOptions Options { get; }

    public Lab Lab { get; } = new();

    public Space Left { get; private set; } = null!;

    public Space Right { get; private set; } = null!;

    /// <summary>The left end.</summary>
    public WireGuardInterface A { get; private set; } = null!;

    /// <summary>The right end.</summary>
    public WireGuardInterface B { get; private set; } = null!;

    public string LeftEndpoint => EndpointOf(1, LeftPort);

    public string RightEndpoint => EndpointOf(2, RightPort);

    public static async Task<Tunnel> OpenAsync(TunnelOptions? options = null)
    {
        var tunnel = new Tunnel(options ?? new TunnelOptions());
        try
        {
            await tunnel.BuildAsync();
            return tunnel;
        }
        catch
        {
            await tunnel.DisposeAsync();
            throw;
        }
    }

    /// <summary>Both families pass in both directions.</summary>
    public async Task PassesAsync()
    {
        await Left.IsAnsweredAsync(RightIPv4);
        await Right.IsAnsweredAsync(LeftIPv4);
        await Left.IsAnsweredAsync(RightIPv6);
        await Right.IsAnsweredAsync(LeftIPv6);
    }

    public ValueTask DisposeAsync() => Lab.DisposeAsync();

    private async Task BuildAsync()
    {
        (Left, Right) = (await Lab.AddAsync("left"), await Lab.AddAsync("right"));
        var (leftHome, rightHome) = (Left, Right);
        if (Options.OverLoopback)
        {
            leftHome = rightHome = await Lab.AddAsync("outer");
        }
        else
        {
            await Lab.ConnectAsync(Left, "eth0", Right, "eth0");
            await Left.RunAsync("ip address add 10.0.0.1/24 dev eth0\nip address add fd00:aa::1/64 dev eth0 nodad");
            await Right.RunAsync("ip address add 10.0.0.2/24 dev eth0\nip address add fd00:aa::2/64 dev eth0 nodad");
        }

        A = await Lab.StartAsync(leftHome, Options.LeftProgram);
        B = await Lab.StartAsync(rightHome, Options.RightProgram);
        if (Options.OverLoopback)
        {
            await A.MoveAsync(Left.Name);
            await B.MoveAsync(Right.Name);
        }

        await A.SetUpAsync(LeftPort);
        await B.SetUpAsync(RightPort);
        await A.AddPeersAsync(Peer(B.PublicKey, RightIPv4, RightIPv6, RightEndpoint));
        await B.AddPeersAsync(Peer(A.PublicKey, LeftIPv4, LeftIPv6, Options.RightKnowsLeft ? LeftEndpoint : null));
        await A.BringUpAsync(Options.Mtu, LeftIPv4 + "/24", LeftIPv6 + "/64");
        await B.BringUpAsync(Options.Mtu, RightIPv4 + "/24", RightIPv6 + "/64");
    }

    private string Peer(string key, string ipv4, string ipv6, string? endpoint) => $"""
        [Peer]
        PublicKey = {key}
        AllowedIPs = {ipv4}/32, {ipv6}/128
        {(endpoint is null ? "" : $"Endpoint = {endpoint}")}
        {(Options.PresharedKey is null ? "" : $"PresharedKey = {Options.PresharedKey}")}

        """;

    private string EndpointOf(int host, int port) => (Options.OverLoopback, Options.OverIPv6) switch
    {
        (true, false) => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}"),
        (true, true) => string.Create(CultureInfo.InvariantCulture, $"[::1]:{port}"),
        (false, false) => string.Create(CultureInfo.InvariantCulture, $"10.0.0.{host}:{port}"),
        (false, true) => string.Create(CultureInfo.InvariantCulture, $"[fd00:aa::{host}]:{port}"),
    };
}
