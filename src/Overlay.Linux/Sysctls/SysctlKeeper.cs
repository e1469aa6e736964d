using Microsoft.Extensions.Logging;
using Overlay.Core.Addressing;
using Overlay.Core.Diagnostics;
using Overlay.Linux.Netlink.Route;
using Overlay.Linux.Underlay;

namespace Overlay.Linux.Sysctls;

/// <summary>Sets what forwarding needs where this process may, again when a device comes back or somebody else changes a setting, and names the rest.
/// Everything runs on the watch's thread, because a setting belongs to the network namespace of the thread that writes it.</summary>
internal sealed partial class SysctlKeeper(NetworkWatch watch, SysctlFiles files, TimeProvider time, ILogger<SysctlKeeper> logger)
{
    private readonly SysctlPatience _patience = new(time);
    private readonly HashSet<string> _advertised = new(StringComparer.Ordinal);

    /// <summary>Sets what the host as a whole needs, once.</summary>
    public Task<SysctlOutcome> PrepareAsync(AddressFamilies families) => watch.RunAsync(netlink => PrepareHost(netlink, families));

    /// <summary>Keeps everything that the demand needs as it has to be, until what is given is disposed.</summary>
    /// <param name="demand">What is needed.</param>
    /// <param name="report">Takes each fault that is new, and <see langword="null"/> when there is none any more; called on the watch's thread.</param>
    public IDisposable Keep(SysctlDemand demand, Action<string?> report)
    {
        var kept = new KeptDemand(this, demand, report);
        kept.Start();
        return kept;
    }

    private SysctlOutcome PrepareHost(RouteNetlink netlink, AddressFamilies families)
    {
        NoteAdvertised(netlink, families);
        return SysctlOutcome.Of(Carry(SysctlPlan.ForHost(files.Read, families, _advertised)));
    }

    private SysctlOutcome CarryAll(RouteNetlink netlink, SysctlDemand demand)
    {
        NoteAdvertised(netlink, demand.Families);
        var refused = Carry(SysctlPlan.ForHost(files.Read, demand.Families, _advertised));
        refused.AddRange(Carry(SysctlPlan.ForDevice(files.Read, demand.Families, demand.Underlay, isOwn: false)));
        foreach (var device in demand.Devices)
        {
            refused.AddRange(Carry(SysctlPlan.ForDevice(files.Read, demand.Families, device, isOwn: true)));
        }

        return SysctlOutcome.Of(refused);
    }

    // What was seen once is remembered: an interface that is made again has accept_ra 1 and, because forwarding is on, no such route.
    private void NoteAdvertised(RouteNetlink netlink, AddressFamilies families)
    {
        if (families.HasFlag(AddressFamilies.IPv6))
        {
            foreach (var index in HostReader.ReadDefaultRoutes(netlink).Where(route => route is { IsIPv6: true, IsFromAdvertisement: true }).SelectMany(route => route.Interfaces).Distinct())
            {
                if (netlink.FindLink(index) is { } link)
                {
                    _advertised.Add(link.Name);
                }
            }
        }
    }

    private List<(SysctlStep Step, string Why)> Carry(IEnumerable<SysctlStep> steps)
    {
        var refused = new List<(SysctlStep, string)>();
        foreach (var step in steps)
        {
            var why = refused.Any(refusal => refusal.Item1.Wanted == "2" && refusal.Item1.IsRequired) ? "it would cost the default route" : Carry(step);
            if (why is not null && !SysctlPlan.IsHarmless(step, files.Read))
            {
                refused.Add((step, why));
            }
        }

        return refused;
    }

    private string? Carry(SysctlStep step)
    {
        if (!_patience.MayWrite(step.Path))
        {
            return "another program sets it again and again";
        }

        if (files.Write(step.Path, step.Wanted) is { } refusal)
        {
            return refusal;
        }

        if (files.Read(step.Path) != step.Wanted)
        {
            return "the kernel did not take the value";
        }

        Log.Set(logger, step.Name, step.Wanted, step.Found, step.Reason);
        return null;
    }

    private sealed class KeptDemand(SysctlKeeper keeper, SysctlDemand demand, Action<string?> report) : IDisposable
    {
        private SysctlOutcome _last = new(null, null);
        private IDisposable? _listening;
        private ITimer? _again;
        private volatile bool _isEnded;

        public void Start() => _listening = keeper.WatchFor(Look);

        public void Dispose()
        {
            _isEnded = true;
            _listening?.Dispose();
            _again?.Dispose();
        }

        private void Look(RouteNetlink netlink, NetworkChange change)
        {
            if (!_isEnded && (change.HasSettings || change.Concerns(demand.Underlay) || demand.Devices.Any(change.Concerns)))
            {
                Look(netlink);
            }
        }

        private void Look(RouteNetlink netlink)
        {
            var outcome = keeper.CarryAll(netlink, demand);
            if (outcome.Advice is not null && outcome.Advice != _last.Advice)
            {
                Log.Advice(keeper.Logger, outcome.Advice);
            }

            if (outcome.Fault != _last.Fault)
            {
                if (outcome.Fault is not null)
                {
                    Log.Fault(keeper.Logger, outcome.Fault);
                }

                report(outcome.Fault);
            }

            _last = outcome;
            // /proc/sys announces forwarding and rp_filter only. A fault is looked at again by the clock, so that it goes when its cause has gone.
            _again?.Dispose();
            _again = outcome is { Fault: null, Advice: null } ? null : keeper.Time.CreateTimer(_ => LookLater(), null, SysctlPatience.Pause, Timeout.InfiniteTimeSpan);
        }

        private void LookLater()
        {
            if (!_isEnded)
            {
                keeper.PostLook(Look);
            }
        }
    }

    private ILogger Logger => logger;

    private TimeProvider Time => time;

    private IDisposable WatchFor(Action<RouteNetlink, NetworkChange> look) => watch.Listen(look);

    private void PostLook(Action<RouteNetlink> look)
    {
        try
        {
            _ = watch.RunAsync(netlink =>
            {
                look(netlink);
                return true;
            });
        }
        catch (ObjectDisposedException)
        {
            // The watch ended between the timer and this call.
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.Sysctls + 0, LogLevel.Information, "Set {Name} to {Value}, it was {Found}: otherwise {Reason}")]
        public static partial void Set(ILogger logger, string name, string value, string? found, string reason);

        [LoggerMessage(EventIds.Sysctls + 1, LogLevel.Error, "Kernel settings keep the network from working: {Fault}")]
        public static partial void Fault(ILogger logger, string fault);

        [LoggerMessage(EventIds.Sysctls + 2, LogLevel.Error, "Kernel settings keep some packets from arriving: {Advice}")]
        public static partial void Advice(ILogger logger, string advice);
    }
}
