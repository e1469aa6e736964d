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

    /// <summary>Where the workload looks names up: <c>delegate.dns</c>, or else <c>dns</c>.</summary>
    public CniDns Dns { get; init; } = new();

    /// <summary>What plugins before this one in a chain have made.</summary>
    public CniResult Previous { get; init; } = new();

    /// <exception cref="CniException">A key has a value that cannot be used.</exception>
    public static AttachmentOrder Read(NetworkDefinition network, CniArguments arguments, SubnetEnvironment environment)
    {
        var options = BridgeOptions.Read(network, environment);
        var previous = network.Root.Member("prevResult");
        return new AttachmentOrder
        {
            Options = options,
            Wishes = AttachmentWishes.Read(network, arguments),
            Limits = BandwidthLimits.Read(network),
            Routes = [.. WorkloadRoutes.Read(network, environment)],
            Environment = environment,
            Dns = options.Dns.IsEmpty ? CniResultReader.ReadDns(network.Root.Member("dns")) : options.Dns,
            Previous = previous.IsMissing ? new CniResult() : CniResultReader.Read(previous),
        };
    }
}
