using Overlay.Core.Addressing;
using Overlay.Core.Backends;
using Overlay.Core.Configuration;
using Overlay.Core.Diagnostics;
using Overlay.Core.Firewall;

namespace Overlay.Core.Tests.Engine;

/// <summary>The node below the agent: preparation, underlay, data path and firewall.</summary>
internal sealed class FakeNode(Journal journal) : INodePreparation, IUnderlaySelector, IDataPlane, IFirewall
{
    public Live<Underlay> Underlay { get; } = new(Samples.Underlay);

    public UnderlaySelection? Selection { get; private set; }

    public OverlayException? PreparationFailure { get; set; }

    public OverlayException? FirewallFailure { get; set; }

    public FirewallRules? Rules { get; private set; }

    public Live<string> Fault { get; } = new("");

    public ValueTask PrepareAsync(NetworkConfiguration configuration, CancellationToken cancellationToken)
    {
        journal.Add("prepare");
        return PreparationFailure is null ? ValueTask.CompletedTask : ValueTask.FromException(PreparationFailure);
    }

    public ValueTask<Live<Underlay>> SelectAsync(UnderlaySelection selection, AddressFamilies families, CancellationToken cancellationToken)
    {
        Selection = selection;
        journal.Add("select underlay");
        return ValueTask.FromResult(Underlay);
    }

    /// <summary>The kernel answers a commit when this completes.</summary>
    public Task Answer { get; set; } = Task.CompletedTask;

    public async ValueTask CommitAsync(CancellationToken cancellationToken)
    {
        journal.Add("commit");
        await Answer.WaitAsync(cancellationToken);
    }

    public ValueTask ApplyAsync(FirewallRules rules, CancellationToken cancellationToken)
    {
        Rules = rules;
        journal.Add($"firewall {(rules.UseNFTables ? "nftables" : "iptables")}");
        return FirewallFailure is null ? ValueTask.CompletedTask : ValueTask.FromException(FirewallFailure);
    }

    public ValueTask<IReadOnlyList<string>> RemoveAsync(CancellationToken cancellationToken)
    {
        journal.Add("remove rules");
        return ValueTask.FromResult<IReadOnlyList<string>>(["rules"]);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
