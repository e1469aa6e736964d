namespace Overlay.Linux.Workloads;

/// <summary>A container's veth pair, as the host sees it.</summary>
/// <param name="HostEnd">The index of the host's end.</param>
/// <param name="Name">The name of the host's end.</param>
/// <param name="HostMtu">Its MTU.</param>
/// <param name="Bridge">The index of the bridge that it is a port of; 0 if it is routed.</param>
/// <param name="Inside">The index of the container's end, in the container's namespace.</param>
/// <param name="NamespaceId">The number of that namespace here.</param>
/// <param name="InsideMtu">The MTU of the container's end.</param>
internal sealed record Workload(int HostEnd, string Name, int HostMtu, int Bridge, int Inside, int NamespaceId, int InsideMtu)
{
    /// <summary>Whether this process may change the container's end.</summary>
    public bool IsReachable { get; init; }
}
