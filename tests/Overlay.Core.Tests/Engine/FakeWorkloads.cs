using Overlay.Core.Backends;

namespace Overlay.Core.Tests.Engine;

/// <summary>Remembers what workloads were asked to follow, and what the subnet file said at that moment.</summary>
internal sealed class FakeWorkloads(Func<string> subnetFile) : IWorkloadFollower
{
    private readonly Lock _lock = new();
    private readonly List<string> _asked = [];

    public IReadOnlyList<string> Asked
    {
        get
        {
            lock (_lock)
            {
                return [.. _asked];
            }
        }
    }

    public ValueTask FollowAsync(WorkloadMtu wanted, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _asked.Add($"{wanted.Former?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "none"} -> {wanted.Mtu} in {wanted.Subnets}, file: {subnetFile()}");
        }

        return ValueTask.CompletedTask;
    }
}
