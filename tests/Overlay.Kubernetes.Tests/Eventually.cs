using Overlay.Core.Leases;
using Overlay.TestKit.Agents;
using Overlay.TestKit.Leases;

namespace Overlay.Kubernetes.Tests;

/// <summary>Waits with a deadline for what comes over a connection.</summary>
internal static class Eventually
{
    public static Task IsAsync(Func<bool> isMet, Func<string> explain) => Deadline.UntilAsync(isMet, explain, TestContext.Current.CancellationToken, seconds: 30);

    /// <summary>The next changes, which must be changes.</summary>
    public static async Task<IReadOnlyList<LeaseChange>> NextChangesAsync(this IAsyncEnumerator<LeaseBatch> batches) =>
        Assert.IsType<LeaseBatch.Changes>(await batches.NextAsync()).Items;

    /// <summary>The next snapshot, which must be one.</summary>
    public static async Task<IReadOnlyList<Lease>> NextSnapshotAsync(this IAsyncEnumerator<LeaseBatch> batches) =>
        Assert.IsType<LeaseBatch.Snapshot>(await batches.NextAsync()).Leases;

    /// <summary>A change as text: the key, and the address where it is written.</summary>
    public static string Text(this LeaseChange change) => change switch
    {
        LeaseChange.Written(var lease) => $"+{lease.Key} {lease.Attributes.PublicAddresses}",
        LeaseChange.Removed(var key) => $"-{key}",
        _ => "?",
    };
}
