using Microsoft.Extensions.Logging.Abstractions;
using Overlay.Linux.Kernel;
using Overlay.Linux.Netlink;
using Xunit;

namespace Overlay.Linux.Tests.Kernel;

/// <summary>The thread around the core, before a kernel in memory.</summary>
public sealed class KernelReconcilerTests : IAsyncDisposable
{
    private readonly FakeKernel _kernel = new();
    private readonly KernelReconciler _reconciler;

    public KernelReconcilerTests()
    {
        _kernel.AddDevice("eth0");
        _reconciler = new KernelReconciler(() => _kernel, TimeProvider.System, metrics: null, NullLogger<KernelReconciler>.Instance);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task CommitAsync_NothingRecorded_Completes() => await _reconciler.CommitAsync(Cancellation);

    [Fact]
    public async Task Replace_WithoutCommit_ChangesNothing()
    {
        var scope = _reconciler.OpenScope(KernelHost.Claim);
        scope.Replace("own", KernelHost.Own);
        // Whatever was posted before this has been done when it completes.
        await using (_reconciler.OpenScope(KernelHost.Claim with { Name = "other" }))
        {
        }

        Assert.Empty(_kernel.Sent);
        Assert.Equal(0, scope.Status.Entries);
    }

    [Fact]
    public async Task CommitAsync_DoorThrows_TellsTheCallerAndCatchesUp()
    {
        KernelHost.Want(_reconciler, peers: 10);
        // Once this is answered, the dumps of the new scope are done: what follows are sends.
        await _reconciler.PlanAsync(Cancellation);
        _kernel.ThrowsAfter = 2;

        await Assert.ThrowsAsync<NetlinkException>(async () => await _reconciler.CommitAsync(Cancellation));

        await _reconciler.CommitAsync(Cancellation);
        Assert.Equal(10, (await EventuallyAsync(() => _kernel.Sent.Count(line => line.StartsWith("add route", StringComparison.Ordinal)), count => count >= 10)));
    }

    [Fact]
    public async Task CommitAsync_Cancelled_StopsWaitingOnly()
    {
        KernelHost.Want(_reconciler, peers: 10);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await _reconciler.CommitAsync(new CancellationToken(canceled: true)));

        await _reconciler.CommitAsync(Cancellation);
        Assert.Equal(32, _kernel.Sent.Count);
    }

    [Fact]
    public async Task DisposeAsync_LeavesTheKernelAndRefusesMore()
    {
        var scope = KernelHost.Want(_reconciler, peers: 1);
        await _reconciler.CommitAsync(Cancellation);
        await _reconciler.DisposeAsync();
        _reconciler.Dispose();

        await scope.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await _reconciler.CommitAsync(Cancellation));
        Assert.Equal(5, _kernel.Entries.Count());
    }

    public async ValueTask DisposeAsync() => await _reconciler.DisposeAsync();

    private async Task<int> EventuallyAsync(Func<int> read, Func<int, bool> condition)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        deadline.CancelAfter(TimeSpan.FromSeconds(20));
        while (!condition(read()))
        {
            deadline.Token.ThrowIfCancellationRequested();
            // A commit goes through the thread, so this is no busy loop.
            await _reconciler.CommitAsync(deadline.Token);
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, deadline.Token);
        }

        return read();
    }
}
