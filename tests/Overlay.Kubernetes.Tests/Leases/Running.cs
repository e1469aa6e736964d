using Overlay.Core.Leases;

namespace Overlay.Kubernetes.Tests.Leases;

/// <summary>A lease that is held, with the watch beside it, as in the engine.</summary>
internal sealed class Running : IAsyncDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly Task _watching;

    private Running(ClusterMember member, Lease lease)
    {
        Lease = lease;
        Keeping = member.Manager.KeepAsync(lease, _end.Token);
        _watching = Task.Run(async () =>
        {
            await foreach (var batch in member.Manager.WatchAsync(_end.Token))
            {
                _ = batch;
            }
        });
    }

    public Lease Lease { get; }

    public Task<LeaseEnd> Keeping { get; }

    public static async Task<Running> StartAsync(ClusterMember member) => new(member, await member.AcquireAsync());

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await Task.WhenAny(_watching);
        await Task.WhenAny(Keeping);
        _end.Dispose();
    }
}
