using Overlay.Cni.Ipam;
using Overlay.Cni.Protocol;

namespace Overlay.Cni.Delegation;

/// <summary>Addresses from another plugin, such as <c>host-local</c>.</summary>
/// <param name="plugin">The plugin.</param>
/// <param name="version">The version of the network's configuration.</param>
/// <param name="release">Runs the plugin's DEL, if its ADD was run.</param>
internal sealed class PluginAddresses(DelegatedPlugin plugin, CniVersion version, Action release) : IAddressSource
{
    public CniResult Acquire()
    {
        var result = plugin.Add(version);
        return result.Addresses.Count > 0 ? result : throw NoAddress();
    }

    public void Complete()
    {
        // The saved configuration is all that DEL needs.
    }

    public void Release() => release();

    public void Check(CniResult expected) => plugin.Check(version, expected);

    private CniException NoAddress()
    {
        release();
        return new CniException(CniErrorCode.PluginFailed, "The plugin of ipam.type gave no address: look at its configuration in ipam.");
    }
}
