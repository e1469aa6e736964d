using Overlay.Core.Addressing;

namespace Overlay.Core.Leases;

/// <summary>What a node tells its peers about itself: flannel's lease value (flannel-facts 3.2).</summary>
public sealed record LeaseAttributes
{
    /// <summary>The addresses at which peers reach the node.</summary>
    public required AddressPair PublicAddresses { get; init; }

    /// <summary>The backend's name as flannel writes it; empty for <c>alloc</c>.</summary>
    public string BackendType { get; init; } = "";

    /// <summary>The backend's own data for IPv4 as compact JSON text, for example <c>{"VNI":1,"VtepMAC":"..."}</c>; <see langword="null"/> when it has none.</summary>
    public string? BackendData { get; init; }

    /// <summary>The same for IPv6.</summary>
    public string? BackendV6Data { get; init; }
}
