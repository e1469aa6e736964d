namespace Overlay.Agent.Hosting;

/// <summary>Gives the memory of the start back to the system. Reading thousands of leases leaves garbage that the collector has no reason to look at
/// again, because an idle agent allocates nothing.</summary>
internal static class MemoryTrimming
{
    /// <summary>Collects once, when the node is ready.</summary>
    public static async Task RunAsync(Task ready, CancellationToken cancellationToken)
    {
        try
        {
            await ready.WaitAsync(cancellationToken);
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        }
        catch (OperationCanceledException)
        {
            // It never became ready.
        }
    }
}
