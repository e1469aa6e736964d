using Overlay.Cni.Configuration;
using Overlay.Cni.Protocol;
using Overlay.Core.Addressing;

namespace Overlay.Cni.Delegation;

/// <summary>What another plugin gets as its configuration, made as flannel makes it (flannel-facts 8.5 to 8.7).</summary>
internal static class DelegateConfiguration
{
    /// <summary>For a plugin that makes the whole attachment.</summary>
    public static SortedJson ForPlugin(NetworkDefinition network, SubnetEnvironment environment, CniVersion version)
    {
        var sorted = SortedJson.From(network.Delegate)
            .Set("name", network.Name)
            .Default("ipMasq", json => json.Set("ipMasq", !environment.IsMasqueraded))
            .Default("mtu", json => json.Set("mtu", environment.Mtu))
            .Set("ipam", Ipam(network, environment))
            .Set("runtimeConfig", network.RuntimeConfig);
        if (network.Delegate.Member("type").Text("") == "bridge")
        {
            sorted.Default("isGateway", json => json.Set("isGateway", true));
        }

        return WithVersion(sorted, network, version);
    }

    /// <summary>For a plugin that gives the addresses only: the whole configuration, as the specification wants it (section 4). Its type is this plugin's own, by which a
    /// saved one is told from those of the other kind.</summary>
    public static SortedJson ForAddresses(NetworkDefinition network, SubnetEnvironment environment, CniVersion version) =>
        WithVersion(SortedJson.From(network.Root).Set("ipam", Ipam(network, environment)), network, version);

    private static SortedJson WithVersion(SortedJson sorted, NetworkDefinition network, CniVersion version) => network.SaysVersion ? sorted.Set("cniVersion", version.Text()) : sorted;

    private static SortedJson Ipam(NetworkDefinition network, SubnetEnvironment environment)
    {
        var routes = WorkloadRoutes.Read(network, environment).ToArray();
        return SortedJson.From(network.Ipam)
            .Default("type", json => json.Set("type", "host-local"))
            .Set("ranges", json =>
            {
                json.WriteStartArray();
                foreach (var subnet in environment.Subnets)
                {
                    json.WriteStartArray();
                    new SortedJson().Set("subnet", subnet.ToString()).Write(json);
                    json.WriteEndArray();
                }

                json.WriteEndArray();
            })
            .Set("routes", json =>
            {
                json.WriteStartArray();
                foreach (var route in routes)
                {
                    Describe(route).Write(json);
                }

                json.WriteEndArray();
            });
    }

    private static SortedJson Describe(CniRoute route)
    {
        var sorted = new SortedJson().Set("dst", route.Destination.ToString());
        if (route.Gateway != default(InetAddress))
        {
            sorted.Set("gw", route.Gateway.ToString());
        }

        foreach (var (name, value) in route.Details ?? new Dictionary<string, long>())
        {
            sorted.Set(name, value);
        }

        return sorted;
    }
}
