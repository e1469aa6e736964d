using Overlay.Core.Firewall;

namespace Overlay.Linux.Firewall;

/// <summary>One way of having rules in the kernel. The members are called one at a time.</summary>
internal interface IRuleKeeper
{
    /// <summary>Whether the kernel announces changes of what was applied last; if not, only looking helps.</summary>
    bool IsAnnounced { get; }

    /// <summary>Whether an announced change may have hurt what was applied last.</summary>
    bool IsConcernedBy(RulesetChange change);

    /// <summary>Puts the rules in place and takes away what this way left of an earlier run.</summary>
    /// <exception cref="FirewallException">A tool is missing or refuses; nothing was changed.</exception>
    Task ApplyAsync(FirewallRules rules, CancellationToken cancellationToken);

    /// <summary>What <see cref="ApplyAsync"/> would change, one line each.</summary>
    /// <exception cref="FirewallException">A tool is missing or refuses.</exception>
    Task<IReadOnlyList<string>> PlanAsync(FirewallRules rules, CancellationToken cancellationToken);

    /// <summary>Whether what was applied last stands as it was.</summary>
    Task<bool> IsIntactAsync(CancellationToken cancellationToken);

    /// <summary>Puts in place again what was applied last.</summary>
    Task RepairAsync(CancellationToken cancellationToken);

    /// <summary>Takes away everything that this or an earlier program of our kind put there in this way.</summary>
    /// <returns>What was removed, one line each.</returns>
    Task<IReadOnlyList<string>> RemoveAsync(CancellationToken cancellationToken);
}
