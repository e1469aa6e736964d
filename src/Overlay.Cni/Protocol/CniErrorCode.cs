namespace Overlay.Cni.Protocol;

/// <summary>What a runtime is told about a failure, by number (CNI specification 1.1, section 5, "Error"). From 100 on they are this plugin's own.</summary>
internal enum CniErrorCode
{
    IncompatibleVersion = 1,
    UnsupportedField = 2,

    /// <summary>The container does not exist; the runtime need not clean up.</summary>
    UnknownContainer = 3,

    InvalidEnvironment = 4,
    Io = 5,
    Decoding = 6,
    InvalidConfiguration = 7,
    TryAgainLater = 11,

    /// <summary>STATUS: no ADD can succeed now.</summary>
    NotAvailable = 50,

    /// <summary>STATUS: no ADD should be tried, and what runs may be cut off from other nodes.</summary>
    LimitedConnectivity = 51,

    /// <summary>The kernel refused a request.</summary>
    KernelRefused = 100,

    /// <summary>The node's subnet has no free address.</summary>
    AddressesExhausted = 101,

    /// <summary>The address that was asked for is not to be had.</summary>
    AddressUnavailable = 102,

    /// <summary>The container has this attachment already, or another interface of that name.</summary>
    AlreadyAttached = 103,

    /// <summary>CHECK found the attachment changed.</summary>
    Drifted = 104,

    /// <summary>Another plugin failed without saying why in the way that the specification wants.</summary>
    PluginFailed = 105,

    /// <summary><c>subnet.env</c> does not say what it should.</summary>
    UnusableSubnetFile = 106,
}
