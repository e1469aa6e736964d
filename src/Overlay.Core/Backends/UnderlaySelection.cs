using System.Net;
using Overlay.Core.Addressing;

namespace Overlay.Core.Backends;

/// <summary>How the user wants the interface between nodes to be chosen (flannel-facts 7). Without any wish it is that of the default route.</summary>
public sealed record UnderlaySelection
{
    /// <summary>Names or addresses, tried in order before anything else.</summary>
    public IReadOnlyList<string> Interfaces { get; init; } = [];

    /// <summary>Regular expressions for addresses, then for names; tried in order after <see cref="Interfaces"/>.</summary>
    public IReadOnlyList<string> InterfaceRegexes { get; init; } = [];

    /// <summary>An address that the interface's route must lead to; tried last.</summary>
    public IPAddress? CanReach { get; init; }

    /// <summary>The addresses to tell peers; alone they also select the interface that has them.</summary>
    public AddressPair PublicAddresses { get; init; }
}
