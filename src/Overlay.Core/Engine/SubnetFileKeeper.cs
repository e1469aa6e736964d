using Microsoft.Extensions.Logging;
using Overlay.Core.Backends;
using Overlay.Core.Diagnostics;

namespace Overlay.Core.Engine;

/// <summary>Writes <c>subnet.env</c> once data path and firewall stand, and again when subnets or MTU change.</summary>
internal sealed partial class SubnetFileKeeper(EngineParts parts, EngineSession session)
{
    private readonly SubnetFileWriter _writer = new(parts.Options.SubnetFile);
    private readonly TaskCompletionSource _written = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile string? _fault = "not written yet";
    private int? _formerMtu;

    /// <summary>Completes when the file was written for the first time.</summary>
    public Task Written => _written.Task;

    /// <summary>Why the file does not say what it should; <see langword="null"/> when it does.</summary>
    public string? Fault => _fault;

    /// <summary>Runs until cancelled.</summary>
    /// <param name="before">What must have happened before the file is written.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task RunAsync(Task before, CancellationToken cancellationToken)
    {
        await before.WaitAsync(cancellationToken);
        var delay = new RetryDelay(parts.Clock);
        _formerMtu = SubnetFileReader.ReadMtu(parts.Options.SubnetFile);
        while (true)
        {
            var (own, facts) = (session.Own.Current, session.Networks.Facts.Current);
            try
            {
                // Workloads first: a crash between the two leaves a file that says what they were.
                if (parts.Options.FollowWorkloadMtu && parts.Workloads is { } workloads)
                {
                    await workloads.FollowAsync(new WorkloadMtu(own.Subnets, facts.Mtu, _formerMtu), cancellationToken);
                }

                _writer.Replace(new SubnetFileContent(session.Configuration.Current.Network, own.Subnets, facts.Mtu, parts.Options.Masquerade));
                _fault = null;
                _formerMtu = facts.Mtu;
                delay.Reset();
                _written.TrySetResult();
                Log.Written(parts.Logger, parts.Options.SubnetFile, facts.Mtu);
                await Watching.EitherAsync(
                    ending => session.Own.UntilAsync(lease => lease.Subnets != own.Subnets, ending),
                    ending => session.Networks.Facts.UntilAsync(other => other.Mtu != facts.Mtu, ending),
                    cancellationToken);
            }
            catch (OverlayException exception)
            {
                _fault = exception.Message;
                Log.Refused(parts.Logger, exception.Message);
                await delay.WaitAsync(cancellationToken);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.Engine + 40, LogLevel.Information, "Wrote {Path}; workloads may send packets of {Mtu} bytes")]
        public static partial void Written(ILogger logger, string path, int mtu);

        [LoggerMessage(EventIds.Engine + 41, LogLevel.Error, "{Reason}")]
        public static partial void Refused(ILogger logger, string reason);
    }
}
