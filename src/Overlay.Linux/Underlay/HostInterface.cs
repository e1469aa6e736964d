using Overlay.Core.Addressing;

namespace Overlay.Linux.Underlay;

/// <summary>An interface as the choice sees it.</summary>
/// <param name="Index">Its index in its network namespace.</param>
/// <param name="Name">Its name.</param>
/// <param name="Mtu">Its MTU in bytes.</param>
/// <param name="IsUp">Whether it was set up.</param>
/// <param name="IsLoopback">Whether it leads back to this host.</param>
/// <param name="Addresses">Its addresses, in the kernel's order.</param>
internal sealed record HostInterface(int Index, string Name, int Mtu, bool IsUp, bool IsLoopback, IReadOnlyList<HostAddress> Addresses)
{
    /// <summary>The name and the addresses, for messages.</summary>
    public override string ToString() => Addresses.Count == 0 ? Name : $"{Name} ({string.Join(", ", Addresses.Select(address => address.Address))})";

    /// <summary>Whether the interface has the address.</summary>
    public bool Has(InetAddress address) => Addresses.Any(candidate => candidate.Address == address);
}
