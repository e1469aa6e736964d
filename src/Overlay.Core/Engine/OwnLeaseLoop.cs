using Microsoft.Extensions.Logging;
using Overlay.Core.Addressing;
using Overlay.Core.Diagnostics;
using Overlay.Core.Leases;

namespace Overlay.Core.Engine;

/// <summary>Keeps the own lease: renews it, tells peers what has changed on this node, and takes a new one when it was lost. Traffic goes on meanwhile.</summary>
internal sealed partial class OwnLeaseLoop(EngineParts parts, EngineSession session)
{
    /// <summary>Runs until cancelled, or until another node owns the subnet.</summary>
    public async Task<EngineEnd> RunAsync(CancellationToken cancellationToken)
    {
        var delay = new RetryDelay(parts.Clock);
        while (true)
        {
            try
            {
                if (await KeepAsync(cancellationToken) is not { } end)
                {
                    await PublishAsync(cancellationToken);
                }
                else if (end == LeaseEnd.TakenByAnother)
                {
                    Log.Taken(parts.Logger, session.Own.Current.Subnets);
                    return EngineEnd.LeaseTaken;
                }
                else
                {
                    await AcquireAgainAsync(cancellationToken);
                }

                delay.Reset();
            }
            catch (OverlayException exception)
            {
                Log.Failed(parts.Logger, session.Own.Current.Subnets, exception.Message);
                await delay.WaitAsync(cancellationToken);
            }
        }
    }

    /// <summary>Renews until the lease ends, or until peers must be told something else (then <see langword="null"/>).</summary>
    private async Task<LeaseEnd?> KeepAsync(CancellationToken cancellationToken)
    {
        var own = session.Own.Current;
        Task<LeaseEnd>? keep = null;
        // The renewal compares versions, so it must not run while the attributes are written.
        await Watching.EitherAsync(
            ending => keep = parts.Leases.KeepAsync(own, ending),
            ending => session.Networks.Facts.UntilAsync(facts => facts.Attributes != own.Attributes, ending),
            cancellationToken);
        return keep is { IsCanceled: false } ? await keep : null;
    }

    private async Task PublishAsync(CancellationToken cancellationToken)
    {
        var own = await parts.Leases.UpdateAsync(session.Own.Current, session.Networks.Facts.Current.Attributes, cancellationToken);
        session.Own.Set(own);
        Log.Published(parts.Logger, own.Attributes.PublicAddresses);
    }

    private async Task AcquireAgainAsync(CancellationToken cancellationToken)
    {
        var lost = session.Own.Current;
        Log.Lost(parts.Logger, lost.Subnets);
        var own = await parts.Leases.AcquireAsync(new LeaseRequest(session.Networks.Facts.Current.Attributes, lost.Subnets), cancellationToken);
        session.Own.Set(own);
        if (own.Subnets == lost.Subnets)
        {
            Log.LeasedAgain(parts.Logger, own.Subnets);
        }
        else
        {
            Log.LeasedOther(parts.Logger, lost.Subnets, own.Subnets);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.Engine + 20, LogLevel.Error, "Another node owns {Subnets} now; this agent stops. The data path is left standing")]
        public static partial void Taken(ILogger logger, SubnetPair subnets);

        [LoggerMessage(EventIds.Engine + 21, LogLevel.Warning, "The lease on {Subnets} cannot be kept now, and is tried again: {Reason}")]
        public static partial void Failed(ILogger logger, SubnetPair subnets, string reason);

        [LoggerMessage(EventIds.Engine + 22, LogLevel.Information, "Told peers what has changed on this node; it is reached at {Addresses}")]
        public static partial void Published(ILogger logger, AddressPair addresses);

        [LoggerMessage(EventIds.Engine + 23, LogLevel.Warning, "The lease on {Subnets} was lost; taking it again")]
        public static partial void Lost(ILogger logger, SubnetPair subnets);

        [LoggerMessage(EventIds.Engine + 24, LogLevel.Information, "Leased {Subnets} again")]
        public static partial void LeasedAgain(ILogger logger, SubnetPair subnets);

        [LoggerMessage(EventIds.Engine + 25, LogLevel.Warning, "{Lost} was no longer free; leased {Subnets}. Workloads keep their old addresses until they are started again")]
        public static partial void LeasedOther(ILogger logger, SubnetPair lost, SubnetPair subnets);
    }
}
