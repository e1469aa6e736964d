using System.Net;
using Overlay.Core.Addressing;

namespace Overlay.Core.Backends;

/// <summary>The interface that carries packets between nodes, as it is at one moment.</summary>
public sealed class Underlay : IEquatable<Underlay>
{
    /// <summary>The interface's name.</summary>
    public required string InterfaceName { get; init; }

    /// <summary>The interface's index in its network namespace.</summary>
    public required int InterfaceIndex { get; init; }

    /// <summary>The largest packet it carries, IP header included, in bytes.</summary>
    public required int Mtu { get; init; }

    /// <summary>The interface's own addresses, one in each family.</summary>
    public required AddressPair Addresses { get; init; }

    /// <summary>The addresses that peers are told; they differ from <see cref="Addresses"/> behind a NAT.</summary>
    public required AddressPair PublicAddresses { get; init; }

    /// <summary>What is reached over this interface without a gateway, in a stable order.</summary>
    public IReadOnlyList<IPNetwork> OnLinkPrefixes { get; init; } = [];

    /// <summary>What keeps the interface from carrying packets now, in one sentence (it is down, gone, or has lost its address; the rest is then
    /// the last that was known); <see langword="null"/> while nothing does.</summary>
    public string? Fault { get; init; }

    /// <summary>Whether <paramref name="address"/> is reached over this interface without a gateway.</summary>
    public bool IsOnLink(IPAddress address) => OnLinkPrefixes.Any(prefix => prefix.Contains(address));

    /// <inheritdoc/>
    public bool Equals(Underlay? other) =>
        other is not null
        && InterfaceName == other.InterfaceName
        && InterfaceIndex == other.InterfaceIndex
        && Mtu == other.Mtu
        && Addresses == other.Addresses
        && PublicAddresses == other.PublicAddresses
        && Fault == other.Fault
        && OnLinkPrefixes.SequenceEqual(other.OnLinkPrefixes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Underlay);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(InterfaceName, InterfaceIndex, Mtu, Addresses, PublicAddresses, Fault);
}
