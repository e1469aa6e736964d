namespace Overlay.Kubernetes.Leases;

/// <summary>What an event of a watch tells.</summary>
internal enum WatchEventType
{
    Unknown,
    Written,
    Deleted,

    /// <summary>Only the version went on.</summary>
    Bookmark,

    /// <summary>The watch is over; its history is lost, as a rule.</summary>
    Error,
}
