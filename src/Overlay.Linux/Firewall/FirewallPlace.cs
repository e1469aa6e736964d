namespace Overlay.Linux.Firewall;

/// <summary>Where the firewall is: this process's own network namespace, or another one in tests.</summary>
internal class FirewallPlace(Toolbox toolbox)
{
    /// <summary>Runs the tools there.</summary>
    public Toolbox Toolbox { get; } = toolbox;

    /// <summary>Opens a socket there.</summary>
    public virtual T Open<T>(Func<T> open) => open();
}
