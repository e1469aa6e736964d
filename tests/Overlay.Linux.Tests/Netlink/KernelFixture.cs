using Overlay.Core.Addressing;
using Overlay.Linux.Namespaces;
using Overlay.Linux.Netlink.Route;
using Xunit;

namespace Overlay.Linux.Tests.Netlink;

/// <summary>A fresh network namespace of the real kernel for each test.</summary>
public abstract class KernelFixture : IDisposable
{
    protected KernelFixture()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        Namespace = NetworkNamespace.Create();
        Route = Namespace.Run(() => new RouteNetlink());
    }

    protected NetworkNamespace Namespace { get; }

    protected RouteNetlink Route { get; }

    public void Dispose()
    {
        Route.Dispose();
        Namespace.Dispose();
        GC.SuppressFinalize(this);
    }

    protected static MacAddress Mac(byte last) => MacAddress.Read([0x02, 0, 0, 0, 0, last]);

    protected static InetAddress Ip(string text) => InetAddress.Parse(text);

    protected static InetPrefix Prefix(string text) => InetPrefix.Parse(text);

    /// <summary>Makes a bridge that is up, for other things to stand on; IPv6 on it is ready at once.</summary>
    protected int CreateBridge(string name = "under0", params string[] addresses)
    {
        Route.Execute(batch => batch.CreateBridge(new LinkSettings { Name = name, IsUp = true }));
        var bridge = Route.FindLink(name)!.Index;
        foreach (var address in addresses)
        {
            Route.Execute(batch => batch.ReplaceAddress(bridge, Prefix(address), address.Contains(':', StringComparison.Ordinal) ? AddressFlags.NoDuplicateDetection : AddressFlags.None));
        }

        return bridge;
    }

    /// <summary>Makes a VXLAN link that is up.</summary>
    protected int CreateVxlan(string name = "flannel.1", int underlay = 0)
    {
        Route.Execute(batch => batch.CreateVxlan(
            new LinkSettings { Name = name, Mac = Mac(0x17), IsUp = true },
            new VxlanSettings { Vni = 1, Underlay = underlay, Port = 8472, Learning = false }));
        return Route.FindLink(name)!.Index;
    }
}
