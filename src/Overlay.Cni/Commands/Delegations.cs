using Overlay.Cni.Configuration;
using Overlay.Cni.Delegation;
using Overlay.Cni.Protocol;

namespace Overlay.Cni.Commands;

/// <summary>Which parts of the work the configuration gives to other plugins.</summary>
internal static class Delegations
{
    // Delegating to this plugin itself would never end.
    private static readonly string[] _own = ["", "overlay-cni", "flannel"];

    /// <summary>The plugin that makes whole attachments; <see langword="null"/> when this one does.</summary>
    public static DelegatedPlugin? WholeOf(NetworkDefinition network, Invocation invocation, Func<SubnetEnvironment> environment)
    {
        var type = network.Delegate.Member("type");
        return IsOwn(type) ? null : new DelegatedPlugin(network.DataFolder, type, invocation, version => DelegateConfiguration.ForPlugin(network, environment(), version));
    }

    /// <summary>The plugin that gives addresses; <see langword="null"/> when this one does.</summary>
    public static DelegatedPlugin? AddressesOf(NetworkDefinition network, Invocation invocation, Func<SubnetEnvironment> environment)
    {
        var type = network.Ipam.Member("type");
        return IsOwn(type) ? null : new DelegatedPlugin(network.DataFolder, type, invocation, version => DelegateConfiguration.ForAddresses(network, environment(), version));
    }

    /// <summary>Whether a saved configuration is of a plugin that made the whole attachment.</summary>
    public static bool IsWhole(SavedConfiguration saved) => !IsOwn(saved.Root.Member("type"));

    /// <summary>Runs the DEL of the plugin that a saved configuration was for.</summary>
    public static void Delete(SavedConfiguration saved, Invocation invocation) =>
        DelegatedPlugin.Delete(saved, IsWhole(saved) ? saved.Root.Member("type") : saved.Root.Member("ipam").Member("type"), invocation.PluginPath, invocation.NamespacePath);

    private static bool IsOwn(JsonValue type) => _own.Contains(type.Text("", "a plugin's name"));
}
