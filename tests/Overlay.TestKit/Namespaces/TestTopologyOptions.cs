using Overlay.Core.Addressing;

namespace Overlay.TestKit.Namespaces;

/// <summary>What a <see cref="TestTopology"/> is like.</summary>
public sealed record TestTopologyOptions
{
    /// <summary>How many hosts there are; at most 200. Defaults to 3.</summary>
    public int Hosts { get; init; } = 3;

    /// <summary>The families of the addresses between the hosts. Defaults to IPv4.</summary>
    public AddressFamilies Families { get; init; } = AddressFamilies.IPv4;

    /// <summary>The MTU between the hosts, in bytes. Defaults to 1500.</summary>
    public int Mtu { get; init; } = 1500;

    /// <summary>Whether each host has a default route through <c>eth0</c>. Defaults to yes.</summary>
    public bool HasDefaultRoute { get; init; } = true;

    /// <summary>Whether each host forwards packets from the start. Defaults to yes.</summary>
    public bool Forwards { get; init; } = true;
}
