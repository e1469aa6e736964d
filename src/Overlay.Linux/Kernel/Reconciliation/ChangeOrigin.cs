namespace Overlay.Linux.Kernel;

/// <summary>Who caused what was reported.</summary>
internal enum ChangeOrigin
{
    /// <summary>The kernel does not say: it tells nobody's port for forwarding entries, nor for what follows from another change.</summary>
    Unknown,

    /// <summary>This reconciler.</summary>
    Own,

    /// <summary>Another program.</summary>
    Foreign,
}
