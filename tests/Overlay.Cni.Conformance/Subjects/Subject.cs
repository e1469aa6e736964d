using System.Text.Json.Nodes;
using Overlay.TestKit.Cni;

namespace Overlay.Cni.Conformance.Subjects;

/// <summary>A plugin to be tried, and how it is configured.</summary>
public abstract class Subject
{
    /// <summary>The column's heading.</summary>
    public abstract string Name { get; }

    /// <summary>The plugin's file.</summary>
    public abstract string Program { get; }

    /// <summary>CNI_PATH.</summary>
    public virtual string SearchPath => $"{Path.GetDirectoryName(Program)}:{CniBinaries.Reference}";

    /// <summary>Whether the plugin's addresses can come from another plugin, named by <c>ipam.type</c>.</summary>
    public virtual bool DelegatesAddresses => true;

    /// <summary>Whether <see cref="Break"/> does something.</summary>
    public virtual bool HasDependency => true;

    /// <summary>Prepares a host and gives the plugin's configuration, without <c>cniVersion</c> and <c>name</c>.</summary>
    /// <param name="node">The host.</param>
    /// <param name="gateway">The gateway in the subnet that addresses come from: <c>10.1.17.1/24</c>.</param>
    public abstract JsonObject Configure(CniNode node, string gateway);

    /// <summary>Takes away what the plugin cannot work without; gives the CNI_PATH from then on.</summary>
    public abstract string Break(CniNode node);

    /// <summary>Lets the addresses come from the plugin of that name.</summary>
    public virtual void TakeAddressesFrom(JsonObject configuration, string type)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        configuration["ipam"] = new JsonObject { ["type"] = type };
    }
}
