namespace Overlay.Linux.Backends;

using Underlay = Core.Backends.Underlay;

/// <summary>Watches over something that a network needs and that is no kernel entry: sysctls, a free VNI.</summary>
internal interface INetworkGuard
{
    /// <summary>Starts to watch; called when the network is activated. Disposing what is given ends it.</summary>
    /// <param name="underlay">The interface between nodes.</param>
    /// <param name="report">Takes the fault in one sentence, or <see langword="null"/> when there is none any more.</param>
    IDisposable Start(Underlay underlay, Action<string?> report);
}
