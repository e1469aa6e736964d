namespace Overlay.Core.Backends;

/// <summary>Lets workloads that are attached already follow what new ones are told by <c>subnet.env</c>.</summary>
public interface IWorkloadFollower
{
    /// <summary>Called before <c>subnet.env</c> says so. Until the next call it also takes care of workloads whose plugin has read the file before that. A
    /// workload that cannot be changed is logged, and holds up nothing.</summary>
    ValueTask FollowAsync(WorkloadMtu wanted, CancellationToken cancellationToken);
}
