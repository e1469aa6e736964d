namespace Overlay.Linux.Kernel;

/// <summary>How far a wanted entry is.</summary>
/// <remarks><code>
///            wanted                 stands
///   None  ----------->  Pending  ----------->  Settled
///                       ↑   ↓ refused             |
///                      Failed  ←------------------+ changed or removed by others, device gone: Pending again
/// </code></remarks>
internal enum SlotState : byte
{
    /// <summary>Nothing is wanted.</summary>
    None,

    /// <summary>Not tried since it was last wanted or lost, or its device is missing or down.</summary>
    Pending,

    /// <summary>The kernel has it.</summary>
    Settled,

    /// <summary>The kernel refused it at the last try.</summary>
    Failed,
}
