using Overlay.Core.Diagnostics;

namespace Overlay.Core.Engine;

/// <summary>The agent's loop: takes a lease, opens the network and follows the leases of the others. <c>AddOverlay()</c> runs it in the host; it
/// runs once.</summary>
public sealed class OverlayEngine
{
    private readonly Lazy<EngineParts> _parts;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _leaving = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<DepartureReport> _left = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile EngineRun? _run;

    private EngineParts Parts => _parts.Value;

    // The parts are made when the engine runs: some of them make files, and a host that cannot start must leave none.
    internal OverlayEngine(Lazy<EngineParts> parts, OverlayMetrics metrics, TimeProvider clock)
    {
        _parts = parts;
        new EngineMetrics(this, clock).Register(metrics);
    }

    /// <summary>Completes when the node is ready for the first time.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Reads how the node stands now.</summary>
    public OverlayStatus ReadStatus() => _run?.Status() ?? new OverlayStatus { StoreFault = _parts.IsValueCreated ? (Parts.Leases as IStoreHealth)?.StoreFault : null };

    /// <summary>Starts and runs until cancelled. However it ends, except by <see cref="LeaveAsync"/>, the data path is left standing.</summary>
    /// <exception cref="OverlayException">The start has failed; the message says what to do. A first start leaves nothing behind.</exception>
    public async Task<EngineEnd> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var session = await new EngineStart(Parts).RunAsync(cancellationToken);
            var run = new EngineRun(Parts, session);
            _run = run;
            using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var running = run.RunAsync(() => _ready.TrySetResult(), stopping.Token);
            await Task.WhenAny(running, _leaving.Task);
            await stopping.CancelAsync();
            EngineEnd end;
            try
            {
                end = await running;
            }
            catch (OverlayException) when (session.IsFirstStart && !run.HasCommitted)
            {
                await new Departure(Parts, session).LeaveAsync(CancellationToken.None);
                throw;
            }

            if (!_leaving.Task.IsCompleted)
            {
                return end;
            }

            _left.TrySetResult(await new Departure(Parts, session).LeaveAsync(cancellationToken));
            return EngineEnd.Left;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return EngineEnd.Stopped;
        }
        catch (Exception exception) when (_leaving.Task.IsCompleted)
        {
            _left.TrySetException(exception);
            throw;
        }
        finally
        {
            _left.TrySetException(new OverlayException("The agent stops already."));
            _run = null;
        }
    }

    /// <summary>Leaves the network for good: gives the lease back, takes the data path, the rules and <c>subnet.env</c> away, and ends the run.</summary>
    /// <returns>What was removed, and what was left standing.</returns>
    /// <exception cref="OverlayException">The agent is not running, or something could not be removed; the message says what.</exception>
    public async Task<DepartureReport> LeaveAsync(CancellationToken cancellationToken)
    {
        if (_run is null)
        {
            throw new OverlayException("The agent has no lease yet; stop it, and nothing stays.");
        }

        _leaving.TrySetResult();
        return await _left.Task.WaitAsync(cancellationToken);
    }
}
