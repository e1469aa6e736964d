namespace Overlay.Agent.Hosting;

/// <summary>Gives memory back to the system when the node is ready, and later whenever much was allocated again. Reading thousands of leases leaves
/// garbage that the collector has no reason to look at, because an idle agent allocates nothing.</summary>
internal static class MemoryTrimming
{
    private const long WorthCollecting = 4 * 1024 * 1024;
    private static readonly TimeSpan _period = TimeSpan.FromMinutes(1);

    /// <summary>Runs until cancelled.</summary>
    public static async Task RunAsync(Task ready, TimeProvider clock, CancellationToken cancellationToken)
    {
        try
        {
            await ready.WaitAsync(cancellationToken);
            using var timer = new PeriodicTimer(_period, clock);
            // The first time always: a start has left room in the heap even where it has left little in it.
            long limit = 0;
            do
            {
                if (GC.GetTotalMemory(forceFullCollection: false) > limit)
                {
                    GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
                    limit = GC.GetTotalMemory(forceFullCollection: false) + WorthCollecting;
                }
            }
            while (await timer.WaitForNextTickAsync(cancellationToken));
        }
        catch (OperationCanceledException)
        {
            // The agent stops.
        }
    }
}
