using Overlay.Cni.Protocol;

namespace Overlay.Cni.Configuration;

/// <summary>What an attachment is to be like, read and checked.</summary>
internal sealed record AttachmentOrder
{
    public required BridgeOptions Options { get; init; }

    public required AttachmentWishes Wishes { get; init; }

    public required BandwidthLimits Limits { get; init; }

    /// <summary>The routes of the configuration and the agent; those of a plugin that gives the addresses replace them.</summary>
    public required IReadOnlyList<CniRoute> Routes { get; init; }

    public required SubnetEnvironment Environment { get; init; }
}
