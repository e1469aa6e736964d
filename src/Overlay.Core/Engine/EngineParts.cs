using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Overlay.Core.Backends;
using Overlay.Core.Diagnostics;
using Overlay.Core.Firewall;
using Overlay.Core.Leases;

namespace Overlay.Core.Engine;

/// <summary>What the engine is composed of. A custom agent may go without a data plane (its backends change the kernel themselves) and without a
/// firewall.</summary>
internal sealed class EngineParts(
    ISubnetLeaseManager leases,
    IUnderlaySelector underlay,
    IEnumerable<IBackend> backends,
    IEnumerable<INodePreparation> preparations,
    IEnumerable<INodeHealthSink> healthSinks,
    IOptions<OverlayOptions> options,
    OverlayMetrics metrics,
    TimeProvider clock,
    ILogger<OverlayEngine> logger,
    IDataPlane? dataPlane = null,
    IFirewall? firewall = null,
    IWorkloadFollower? workloads = null)
{
    public ISubnetLeaseManager Leases { get; } = leases;

    public IUnderlaySelector Underlay { get; } = underlay;

    public IReadOnlyList<IBackend> Backends { get; } = [.. backends];

    public IReadOnlyList<INodePreparation> Preparations { get; } = [.. preparations];

    public IReadOnlyList<INodeHealthSink> HealthSinks { get; } = [.. healthSinks];

    /// <summary>The validated options.</summary>
    /// <exception cref="OptionsValidationException">They have mistakes.</exception>
    public OverlayOptions Options => options.Value;

    public OverlayMetrics Metrics { get; } = metrics;

    public TimeProvider Clock { get; } = clock;

    public ILogger Logger { get; } = logger;

    public IDataPlane? DataPlane { get; } = dataPlane;

    public IFirewall? Firewall { get; } = firewall;

    public IWorkloadFollower? Workloads { get; } = workloads;
}
