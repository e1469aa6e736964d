using Overlay.Linux.Namespaces;
using Overlay.Linux.Netlink.Route;
using Overlay.TestKit.Namespaces;

namespace Overlay.TestKit.Cni;

/// <summary>A host for plugins: a network namespace, and a folder for their files.</summary>
public sealed class CniNode : IDisposable
{
    private readonly List<CniContainer> _containers = [];
    private readonly List<IDisposable> _kept = [];

    /// <summary>Makes an empty host. Needs root.</summary>
    public CniNode()
    {
        (Name, Namespace) = TestNamespaces.Create("node");
        Route = Namespace.Run(() => new RouteNetlink());
        Route.Execute(batch => batch.ChangeLink(1, new LinkSettings { IsUp = true }));
        Sysctl.Write(Namespace, "net/ipv4/ip_forward", "1");
        Folder = Directory.CreateTempSubdirectory("ovcni-").FullName;
    }

    /// <summary>The namespace's name.</summary>
    public string Name { get; }

    /// <summary>The namespace.</summary>
    public NetworkNamespace Namespace { get; }

    /// <summary>The host's links, addresses and routes. Not safe for several threads.</summary>
    public RouteNetlink Route { get; }

    /// <summary>Where the plugins' files are.</summary>
    public string Folder { get; }

    /// <summary>The host's ends of the containers' links.</summary>
    public IEnumerable<Link> HostEnds => Route.ListLinks("veth");

    /// <summary>Adds a container without an interface.</summary>
    public CniContainer AddContainer()
    {
        var container = new CniContainer();
        lock (_containers)
        {
            _containers.Add(container);
        }

        return container;
    }

    /// <summary>Writes the <c>subnet.env</c> of an agent.</summary>
    /// <param name="subnet">The bridge's address in the node's subnet: <c>10.1.17.1/24</c>.</param>
    /// <param name="network">The whole network.</param>
    /// <param name="mtu">The MTU of workloads.</param>
    /// <returns>The file.</returns>
    public string WriteSubnetFile(string subnet, string network = "10.1.0.0/16", int mtu = 1450)
    {
        var file = System.IO.Path.Combine(Folder, "subnet.env");
        File.WriteAllText(file, $"FLANNEL_NETWORK={network}\nFLANNEL_SUBNET={subnet}\nFLANNEL_MTU={mtu}\nFLANNEL_IPMASQ=true\n");
        return file;
    }

    /// <summary>Disposes something together with the host.</summary>
    public void Keep(IDisposable part) => _kept.Add(part);

    /// <inheritdoc/>
    public void Dispose()
    {
        _kept.ForEach(part => part.Dispose());
        foreach (var container in _containers)
        {
            container.Dispose();
        }

        Route.Dispose();
        Namespace.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}
