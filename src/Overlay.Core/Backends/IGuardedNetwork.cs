namespace Overlay.Core.Backends;

/// <summary>An ability of networks that must not send in clear what they would have encrypted: <see cref="IOverlayNetwork.RemoveAsync"/> leaves something
/// standing that refuses such packets, for workloads outlive their agent.</summary>
public interface IGuardedNetwork
{
    /// <summary>What removing the network leaves standing, one line each.</summary>
    IReadOnlyList<string> Guards { get; }
}
