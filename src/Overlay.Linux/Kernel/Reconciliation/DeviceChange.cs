namespace Overlay.Linux.Kernel;

/// <summary>What a report says about a device that was not known before.</summary>
internal enum DeviceChange
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>It has appeared.</summary>
    Appeared,

    /// <summary>It went up or down.</summary>
    State,

    /// <summary>There is another device of that name: nothing that stood on the old one stands any more.</summary>
    Replaced,
}
