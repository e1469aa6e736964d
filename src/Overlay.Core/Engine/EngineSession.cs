using Overlay.Core.Backends;
using Overlay.Core.Configuration;
using Overlay.Core.Diagnostics;
using Overlay.Core.Leases;

namespace Overlay.Core.Engine;

/// <summary>What stands once the start has succeeded. Disposing it lets go of the networks; the data path stays.</summary>
internal sealed class EngineSession : IAsyncDisposable
{
    public required Live<NetworkConfiguration> Configuration { get; init; }

    public required Live<Underlay> Underlay { get; init; }

    /// <summary>The own lease, as this node has last written it.</summary>
    public required Live<Lease> Own { get; init; }

    public required NetworkSet Networks { get; init; }

    public required IReadOnlyList<OpenNetwork> Open { get; init; }

    /// <summary>Whether the store knew no lease of this node before this start, so that a start which fails leaves none behind.</summary>
    public required bool IsFirstStart { get; init; }

    public async ValueTask DisposeAsync()
    {
        foreach (var open in Open)
        {
            await open.Network.DisposeAsync();
        }
    }
}
