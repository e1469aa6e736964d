namespace Overlay.WireGuard.Cli.Tests.World;

/// <summary>What a <see cref="Tunnel"/> is like.</summary>
internal sealed record TunnelOptions
{
    /// <summary>Whether both programs are at home in one namespace and talk over its loopback, their interfaces moved away; otherwise each is at home with its
    /// interface, at one end of a cable.</summary>
    public bool OverLoopback { get; init; }

    /// <summary>Whether the outer packets are IPv6.</summary>
    public bool OverIPv6 { get; init; }

    /// <summary>Of the tunnel, in bytes.</summary>
    public int Mtu { get; init; } = 1420;

    /// <summary>In base64; none by default.</summary>
    public string? PresharedKey { get; init; }

    /// <summary>Whether the right end knows where the left one is before it hears from it.</summary>
    public bool RightKnowsLeft { get; init; } = true;

    /// <summary>The program at the left end; the one under test by default.</summary>
    public string? LeftProgram { get; init; }

    /// <summary>The program at the right end; the one under test by default.</summary>
    public string? RightProgram { get; init; }
}
