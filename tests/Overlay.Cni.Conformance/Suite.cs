using Overlay.Cni.Conformance.Demands;

namespace Overlay.Cni.Conformance;

/// <summary>All demands, in the order of the specification.</summary>
public static class Suite
{
    /// <summary>The demands.</summary>
    public static IReadOnlyList<Demand> Demands { get; } =
    [
        .. ParameterDemands.All,
        .. ConfigurationDemands.All,
        .. ErrorDemands.All,
        .. AddDemands.All,
        .. ResultDemands.All,
        .. DelDemands.All,
        .. CheckDemands.All,
        .. StatusDemands.All,
        .. VersionDemands.All,
        .. GcDemands.All,
        .. ConcurrencyDemands.All,
        .. DelegationDemands.All,
    ];
}
