using Microsoft.Extensions.Logging;
using Overlay.Core.Addressing;
using Overlay.Core.Diagnostics;
using Overlay.Core.Firewall;

namespace Overlay.Linux.Firewall;

/// <summary>Keeps the rules where flannel has them by default: in chains of the iptables tables <c>nat</c> and <c>filter</c>, in the variant that the host uses.</summary>
internal sealed partial class IptablesKeeper(Toolbox toolbox, ILogger logger) : IRuleKeeper
{
    private List<Kept> _kept = [];

    public bool IsAnnounced => _kept.All(kept => kept.Tools.Variant == IptablesVariant.Nftables);

    public bool IsConcernedBy(RulesetChange change) => _kept.Any(kept => change.Families.HasFlag(kept.Tools.Family) && change.Table switch
    {
        null => true,
        "nat" => Concerns(kept.Wanted.Nat, change.Chain),
        "filter" => Concerns(kept.Wanted.Filter, change.Chain),
        _ => false,
    });

    public async Task ApplyAsync(FirewallRules rules, CancellationToken cancellationToken)
    {
        var survey = await IptablesSurvey.TakeAsync(toolbox, cancellationToken);
        var variant = survey.ChooseVariant();
        var families = FamilyRules.Of(rules);
        var targets = families.Select(family => Target(survey, variant, family.Family)).ToList();
        var randomFully = rules.RandomFully && targets.All(target => target.Tools.KnowsRandomFully);
        try
        {
            _kept = await WriteAsync(targets, randomFully);
        }
        catch (FirewallException) when (rules.Masquerade && randomFully)
        {
            // An old kernel refuses "--random-fully". If that was not the reason, the second refusal is the same as the first.
            _kept = await WriteAsync(targets, randomFully = false);
        }

        if (rules.Masquerade && rules.RandomFully && !randomFully)
        {
            Log.NotFullyRandom(logger);
        }

        try
        {
            await SweepAsync(survey.Entries.Except(targets), cancellationToken);
        }
        catch (FirewallException exception)
        {
            // The wanted rules stand by now.
            Log.NotSwept(logger, exception.Message);
        }

        Task<List<Kept>> WriteAsync(List<IptablesSurvey.Entry> standing, bool random) => ReplaceAsync(
            standing, [.. families.Select(family => IptablesRules.Wanted(family, rules, random))], cancellationToken);
    }

    public async Task<IReadOnlyList<string>> PlanAsync(FirewallRules rules, CancellationToken cancellationToken)
    {
        var survey = await IptablesSurvey.TakeAsync(toolbox, cancellationToken);
        var variant = survey.ChooseVariant();
        var wanted = FamilyRules.Of(rules)
            .Select(family => (Target: Target(survey, variant, family.Family), Family: family))
            .ToDictionary(pair => pair.Target, pair => IptablesRules.Wanted(pair.Family, rules, rules.RandomFully && pair.Target.Tools.KnowsRandomFully));
        return [.. survey.Entries.SelectMany(entry => IptablesScript.Describe(
            entry.Tools.Command, entry.State, wanted.GetValueOrDefault(entry, IptablesState.Empty)))];
    }

    public async Task<bool> IsIntactAsync(CancellationToken cancellationToken)
    {
        var entries = await Task.WhenAll(_kept.Select(kept => IptablesSurvey.ReadAsync(toolbox, kept.Tools, cancellationToken)));
        return entries.Zip(_kept).All(pair => pair.First.State.Matches(pair.Second.Expected));
    }

    public async Task RepairAsync(CancellationToken cancellationToken)
    {
        var entries = await Task.WhenAll(_kept.Select(kept => IptablesSurvey.ReadAsync(toolbox, kept.Tools, cancellationToken)));
        _kept = await ReplaceAsync([.. entries], [.. _kept.Select(kept => kept.Wanted)], cancellationToken);
    }

    public async Task<IReadOnlyList<string>> RemoveAsync(CancellationToken cancellationToken)
    {
        _kept = [];
        var survey = await IptablesSurvey.TakeAsync(toolbox, cancellationToken);
        var removed = await SweepAsync(survey.Entries, cancellationToken);
        if (survey.Unreadable is { } unreadable)
        {
            throw unreadable.Saved.Refusal("list the rules");
        }

        return survey.Knows(IptablesVariant.Nftables) ? removed : [.. removed, .. await IptablesLeftovers.RemoveAsync(toolbox, cancellationToken)];
    }

    private static bool Concerns(IptablesTable table, string? chain) => !table.IsEmpty
        && (chain is null || table.Chains.ContainsKey(chain) || table.Outside.Any(rule => rule.StartsWith($"-A {chain} ", StringComparison.Ordinal)));

    private IptablesSurvey.Entry Target(IptablesSurvey survey, IptablesVariant variant, AddressFamilies family)
    {
        var entry = survey.Find(variant, family)
            ?? survey.Entries.FirstOrDefault(other => other.Tools.Family == family)
            ?? throw toolbox.Missing(family == AddressFamilies.IPv4 ? "iptables-restore" : "ip6tables-restore", "iptables");
        _ = entry.Saved.Require("list the rules");
        if (entry.Tools.Variant != variant)
        {
            Log.OtherVariant(logger, variant, entry.Tools.Command);
        }

        return entry;
    }

    /// <summary>Makes each family's rules the wanted ones; if one is refused, those that were changed before become again what they were.</summary>
    private async Task<List<Kept>> ReplaceAsync(List<IptablesSurvey.Entry> standing, List<IptablesState> wanted, CancellationToken cancellationToken)
    {
        for (var index = 0; index < standing.Count; index++)
        {
            try
            {
                await RestoreAsync(standing[index].Tools, standing[index].State, wanted[index], "set the firewall rules", cancellationToken);
            }
            catch (FirewallException)
            {
                foreach (var entry in standing.Take(index + 1))
                {
                    await UndoAsync(entry, cancellationToken);
                }

                throw;
            }
        }

        var entries = await Task.WhenAll(standing.Select(entry => IptablesSurvey.ReadAsync(toolbox, entry.Tools, cancellationToken)));
        // Another version of the commands may print a rule in another way than we write it; then what it prints now is what is right.
        return [.. entries.Zip(wanted, (entry, state) => new Kept(entry.Tools, state, entry.State.HasShapeOf(state) ? entry.State : state))];
    }

    private async Task UndoAsync(IptablesSurvey.Entry before, CancellationToken cancellationToken)
    {
        try
        {
            var now = await IptablesSurvey.ReadAsync(toolbox, before.Tools, cancellationToken);
            await RestoreAsync(before.Tools, now.State, before.State, "undo a part of the firewall rules", cancellationToken);
        }
        catch (FirewallException exception)
        {
            // The refusal that led here is the one to report.
            Log.NotUndone(logger, exception.Message);
        }
    }

    /// <summary>Removes what is ours.</summary>
    private async Task<IReadOnlyList<string>> SweepAsync(IEnumerable<IptablesSurvey.Entry> entries, CancellationToken cancellationToken)
    {
        var removed = new List<string>();
        foreach (var entry in entries.Where(entry => !entry.State.IsEmpty))
        {
            await RestoreAsync(entry.Tools, entry.State, IptablesState.Empty, "remove the overlay's rules", cancellationToken);
            removed.AddRange(IptablesScript.Describe(entry.Tools.Command, entry.State, IptablesState.Empty).Select(line => line["remove ".Length..]));
        }

        return removed;
    }

    private async Task RestoreAsync(IptablesTools tools, IptablesState standing, IptablesState wanted, string task, CancellationToken cancellationToken)
    {
        var script = IptablesScript.Build(standing, wanted);
        if (script.Length > 0)
        {
            (await toolbox.RunAsync(tools.Restore, tools.RestoreArguments, script, cancellationToken)).Require(task);
        }
    }

    private sealed record Kept(IptablesTools Tools, IptablesState Wanted, IptablesState Expected);

    private static partial class Log
    {
        [LoggerMessage(EventIds.Firewall + 2, LogLevel.Warning, "This kernel or iptables has no --random-fully; ports are chosen as the kernel likes")]
        public static partial void NotFullyRandom(ILogger logger);

        [LoggerMessage(EventIds.Firewall + 10, LogLevel.Warning, "A refused change could not be undone: {Reason}")]
        public static partial void NotUndone(ILogger logger, string reason);

        [LoggerMessage(EventIds.Firewall + 12, LogLevel.Warning, "Rules in the other iptables variant may be left: {Reason}")]
        public static partial void NotSwept(ILogger logger, string reason);

        [LoggerMessage(EventIds.Firewall + 11, LogLevel.Warning, "This host's rules are in the iptables variant {Variant}, whose commands are missing; using {Command}")]
        public static partial void OtherVariant(ILogger logger, IptablesVariant variant, string command);
    }
}
