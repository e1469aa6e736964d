namespace Overlay.Linux.Workloads;

/// <summary>A bridge that workloads are on.</summary>
/// <param name="Index">Its index.</param>
/// <param name="Name">Its name.</param>
/// <param name="Mtu">Its MTU.</param>
internal sealed record WorkloadBridge(int Index, string Name, int Mtu);
