namespace Overlay.Linux.Kernel;

/// <summary>Somebody who wants entries: a peer, or the node's own device.</summary>
internal sealed class Owner(ScopeState scope, string name)
{
    /// <summary>The scope that the owner is in.</summary>
    public ScopeState Scope { get; } = scope;

    /// <summary>The name, unique in the scope.</summary>
    public string Name { get; } = name;

    /// <summary>All that the owner wants.</summary>
    public KernelEntry[] Entries { get; set; } = [];
}
