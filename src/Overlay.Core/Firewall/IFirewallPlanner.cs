using Overlay.Core.Diagnostics;

namespace Overlay.Core.Firewall;

/// <summary>The ability of a firewall to say what it would do.</summary>
public interface IFirewallPlanner
{
    /// <summary>What <see cref="IFirewall.ApplyAsync"/> would change, one line for each chain or table and each jump; nothing is changed.</summary>
    /// <exception cref="OverlayException">A tool is missing or refuses to list what stands.</exception>
    ValueTask<IReadOnlyList<string>> PlanAsync(FirewallRules rules, CancellationToken cancellationToken);
}
