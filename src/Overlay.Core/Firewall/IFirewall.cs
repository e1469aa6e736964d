using Overlay.Core.Diagnostics;

namespace Overlay.Core.Firewall;

/// <summary>Keeps the node's masquerade and forward rules. Disposing lets go of them and leaves them standing.</summary>
public interface IFirewall : IAsyncDisposable
{
    /// <summary>Whether the rules are in place: the fault in one sentence, or an empty text when they are.</summary>
    Live<string> Fault { get; }

    /// <summary>Puts the rules in place in one transaction, takes away those of the other mode and of an earlier run, and keeps repairing them.</summary>
    /// <exception cref="OverlayException">A tool is missing or refuses; nothing was changed.</exception>
    ValueTask ApplyAsync(FirewallRules rules, CancellationToken cancellationToken);

    /// <summary>Takes all rules away, those of both modes, and says what was removed, one line each.</summary>
    ValueTask<IReadOnlyList<string>> RemoveAsync(CancellationToken cancellationToken);
}
