namespace Overlay.Linux.Workloads;

/// <summary>Where an MTU is.</summary>
internal enum MtuPlace
{
    /// <summary>The bridge: what the host may send to workloads.</summary>
    Bridge,

    /// <summary>The host's end of a workload's link: what the workload may send without being cut off.</summary>
    HostEnd,

    /// <summary>The workload's own end: what it sends, and the most that it takes.</summary>
    Inside,
}
