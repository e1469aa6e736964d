using Microsoft.Extensions.Logging;
using Overlay.Core.Diagnostics;
using Overlay.Core.Firewall;
using Overlay.Linux.Netlink;

namespace Overlay.Linux.Firewall;

/// <summary>The node's rules in nftables or iptables, put in place, guarded and taken away again.</summary>
internal sealed partial class LinuxFirewall : IFirewall, IFirewallPlanner
{
    private const int LockAttempts = 10;
    private static readonly TimeSpan _lockPause = TimeSpan.FromMilliseconds(100);
    // Timers cannot be longer than 49 days, and nobody means more than a day.
    private static readonly TimeSpan _longestPeriod = TimeSpan.FromDays(1);
    private readonly ILogger _logger;
    private readonly OverlayMetrics _metrics;
    private readonly TimeProvider _clock;
    private readonly FirewallPlace _place;
    private readonly NftablesKeeper _nftables;
    private readonly IptablesKeeper _iptables;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private IRuleKeeper? _active;
    private FirewallLock? _lock;
    private RuleGuard? _guard;
    private TimeSpan _period;
    private volatile string? _refusal;

    /// <summary>Works in this process's network namespace.</summary>
    public LinuxFirewall(ILogger<LinuxFirewall> logger, OverlayMetrics metrics, TimeProvider clock)
        : this(logger, metrics, clock, new(new(clock)))
    {
    }

    internal LinuxFirewall(ILogger logger, OverlayMetrics metrics, TimeProvider clock, FirewallPlace place)
    {
        (_logger, _metrics, _clock, _place) = (logger, metrics, clock, place);
        _nftables = new(place.Toolbox, logger);
        _iptables = new(place.Toolbox, logger);
    }

    public Live<string> Fault { get; } = new("The firewall rules have not been set yet.");

    public async ValueTask ApplyAsync(FirewallRules rules, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(rules);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(rules.ResyncPeriod, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rules.ResyncPeriod, _longestPeriod);
        _ = FamilyRules.Of(rules);
        await _turn.WaitAsync(cancellationToken);
        try
        {
            await ApplyInTurnAsync(rules, cancellationToken);
        }
        catch (FirewallException exception)
        {
            _refusal = exception.Message;
            Report("");
            throw;
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask<IReadOnlyList<string>> PlanAsync(FirewallRules rules, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(rules);
        var nothing = rules with { Masquerade = false, AcceptForward = false };
        return
        [
            .. await _nftables.PlanAsync(rules.UseNFTables ? rules : nothing, cancellationToken),
            .. await _iptables.PlanAsync(rules.UseNFTables ? nothing : rules, cancellationToken),
        ];
    }

    public async ValueTask<IReadOnlyList<string>> RemoveAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (!await TryLockAsync(cancellationToken))
            {
                throw new FirewallException($"The firewall rules belong to {_place.Open(FirewallLock.DescribeHolder)}, which still runs. Stop it first.");
            }

            return await RemoveInTurnAsync(cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopGuardAsync();
        _lock?.Dispose();
        _turn.Dispose();
    }

    private async Task ApplyInTurnAsync(FirewallRules rules, CancellationToken cancellationToken)
    {
        var families = FamilyRules.Of(rules);
        if (!await TryLockAsync(cancellationToken))
        {
            // Who wants no rules has nothing to fight about; those that stand are the other's.
            if (families.Count == 0)
            {
                Accept();
                return;
            }

            throw new FirewallException(
                $"The firewall rules of this network namespace belong to {_place.Open(FirewallLock.DescribeHolder)}; two agents would undo each other's. "
                + "Stop the other one, or start this one with --ip-masq=false --iptables-forward-rules=false.");
        }

        if (families.Count == 0)
        {
            await RemoveInTurnAsync(cancellationToken);
            Accept();
            return;
        }

        await StopGuardAsync();
        var (chosen, other) = rules.UseNFTables ? ((IRuleKeeper)_nftables, (IRuleKeeper)_iptables) : (_iptables, _nftables);
        try
        {
            await chosen.ApplyAsync(rules, cancellationToken);
            (_active, _period) = (chosen, rules.ResyncPeriod);
            Accept();
        }
        finally
        {
            // After a refusal the rules of the last time still stand, and are still looked after.
            StartGuard();
        }

        WarnOfBridges(rules, families);
        await TryRemoveAsync(other, cancellationToken);
    }

    private async Task<IReadOnlyList<string>> RemoveInTurnAsync(CancellationToken cancellationToken)
    {
        await StopGuardAsync();
        _active = null;
        var removed = new List<string>();
        FirewallException? failure = null;
        foreach (var keeper in new IRuleKeeper[] { _nftables, _iptables })
        {
            try
            {
                removed.AddRange(await RemoveAsync(keeper, cancellationToken));
            }
            catch (FirewallException exception)
            {
                // What is of the other mode goes all the same.
                failure ??= exception;
            }
        }

        _lock?.Dispose();
        _lock = null;
        return failure is null ? removed : throw failure;
    }

    private async Task<IReadOnlyList<string>> RemoveAsync(IRuleKeeper keeper, CancellationToken cancellationToken)
    {
        var removed = await keeper.RemoveAsync(cancellationToken);
        foreach (var rule in removed)
        {
            Log.Removed(_logger, rule);
        }

        return removed;
    }

    // The new rules stand by now; what is left of the other mode hurts less than an agent that refuses to run.
    private async Task TryRemoveAsync(IRuleKeeper other, CancellationToken cancellationToken)
    {
        try
        {
            await RemoveAsync(other, cancellationToken);
        }
        catch (FirewallException exception)
        {
            Log.NotRemoved(_logger, exception.Message);
        }
    }

    private void Accept()
    {
        _refusal = null;
        Report("");
    }

    // While the wanted rules are refused, it does not help that those of the last time are intact.
    private void Report(string fault) => Fault.Set(_refusal ?? fault);

    private void WarnOfBridges(FirewallRules rules, IReadOnlyList<FamilyRules> families)
    {
        if (!rules.UseNFTables && BridgeNetfilter.FindOff(rules.Network.Families) is { Count: > 0 } off)
        {
            Log.BridgeNetfilterOff(_logger, string.Join(", ", off));
        }
    }

    private async Task<bool> TryLockAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            _lock ??= _place.Open(FirewallLock.TryTake);
            if (_lock is not null || attempt == LockAttempts)
            {
                return _lock is not null;
            }

            // A process that ends may have a child which, for a moment, still has all that its parent had.
            await Task.Delay(_lockPause, _clock, cancellationToken);
        }
    }

    private void StartGuard()
    {
        if (_active is not { } keeper)
        {
            return;
        }

        var watch = keeper.IsAnnounced ? TryWatch(keeper) : null;
        var period = watch is null ? _period : Timeout.InfiniteTimeSpan;
        _guard = new(keeper, watch is null ? new TimerWatch(_clock) : watch, period, Report, _metrics, _clock, _logger);
    }

    private RulesetWatch? TryWatch(IRuleKeeper keeper)
    {
        try
        {
            return _place.Open(() => new RulesetWatch(keeper.IsConcernedBy, _clock));
        }
        catch (NetlinkException exception)
        {
            Log.NoAnnouncements(_logger, exception.Message, _period);
            return null;
        }
    }

    private async Task StopGuardAsync()
    {
        if (_guard is { } guard)
        {
            _guard = null;
            await guard.DisposeAsync();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.Firewall + 6, LogLevel.Information, "Removed {Rule}")]
        public static partial void Removed(ILogger logger, string rule);

        [LoggerMessage(EventIds.Firewall + 7, LogLevel.Warning, "Rules of the other firewall mode may be left: {Reason}")]
        public static partial void NotRemoved(ILogger logger, string reason);

        [LoggerMessage(EventIds.Firewall + 8, LogLevel.Warning, "{Switches}: the overlay works, but services of kube-proxy fail between workloads "
            + "on the same node. Remedy: modprobe br_netfilter, then sysctl -w net.bridge.bridge-nf-call-iptables=1 net.bridge.bridge-nf-call-ip6tables=1")]
        public static partial void BridgeNetfilterOff(ILogger logger, string switches);

        [LoggerMessage(EventIds.Firewall + 9, LogLevel.Warning, "The kernel announces no rule changes ({Reason}); looking every {Period}")]
        public static partial void NoAnnouncements(ILogger logger, string reason, TimeSpan period);
    }
}
