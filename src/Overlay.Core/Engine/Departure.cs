using Overlay.Core.Backends;
using Overlay.Core.Diagnostics;

namespace Overlay.Core.Engine;

/// <summary>Takes this node out of the network for good.</summary>
internal sealed class Departure(EngineParts parts, EngineSession session)
{
    /// <summary>Gives the lease back first, so that peers stop sending, then removes what was made here. One failing step does not hold up the
    /// others.</summary>
    /// <exception cref="OverlayException">Some steps have failed; the message names them all.</exception>
    public async Task<DepartureReport> LeaveAsync(CancellationToken cancellationToken)
    {
        var done = new List<string>();
        var kept = new List<string>();
        var failures = new List<string>();
        await TryAsync(async () =>
        {
            await parts.Leases.ReleaseAsync(session.Own.Current, cancellationToken);
            done.Add($"lease {session.Own.Current.Subnets}");
        });
        foreach (var open in session.Open)
        {
            await TryAsync(async () =>
            {
                await open.Network.RemoveAsync(cancellationToken);
                done.Add($"network {open.Backend}: its links, addresses, neighbours, forwarding entries and routes");
                kept.AddRange((open.Network as IGuardedNetwork)?.Guards ?? []);
            });
        }

        if (parts.DataPlane is { } dataPlane)
        {
            await TryAsync(() => dataPlane.CommitAsync(cancellationToken));
        }

        if (parts.Firewall is { } firewall)
        {
            await TryAsync(async () => done.AddRange(await firewall.RemoveAsync(cancellationToken)));
        }

        await TryAsync(() =>
        {
            if (new SubnetFileWriter(parts.Options.SubnetFile).Delete())
            {
                done.Add($"file {parts.Options.SubnetFile}");
            }

            return ValueTask.CompletedTask;
        });
        return failures.Count == 0
            ? new DepartureReport { Removed = done, Kept = kept }
            : throw new OverlayException($"Left the network, but not everything could be removed: {string.Join("; ", failures)}");

        async Task TryAsync(Func<ValueTask> step)
        {
            try
            {
                await step();
            }
            catch (OverlayException exception)
            {
                failures.Add(exception.Message);
            }
        }
    }
}
