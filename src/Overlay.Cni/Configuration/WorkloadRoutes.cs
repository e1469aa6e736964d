using Overlay.Cni.Protocol;
using Overlay.Core.Addressing;

namespace Overlay.Cni.Configuration;

/// <summary>The routes of a workload: those of <c>ipam.routes</c>, one per network of <c>subnet.env</c> (flannel-facts 8.6), and default routes.</summary>
internal static class WorkloadRoutes
{
    /// <summary>The routes that the configuration and the agent ask for.</summary>
    /// <exception cref="CniException">An entry is malformed.</exception>
    public static IEnumerable<CniRoute> Read(NetworkDefinition network, SubnetEnvironment environment)
    {
        foreach (var entry in network.Ipam.Member("routes").List())
        {
            var route = CniResultReader.ReadRoute(entry);
            yield return environment.Subnets.Any(subnet => subnet.Address.IsIPv6 == route.Destination.Address.IsIPv6)
                ? route
                : throw entry.Member("dst").Wrong($"a destination of the family of {string.Join(" or ", environment.Subnets)}, the node's subnet");
        }

        foreach (var destination in environment.Networks.Where(destination => environment.Subnets.Any(subnet => subnet.Address.IsIPv6 == destination.Address.IsIPv6)))
        {
            yield return new CniRoute(destination, default);
        }
    }

    /// <summary>Adds the default routes that are not there yet.</summary>
    public static void AddDefaults(CniResult result)
    {
        foreach (var entry in result.Addresses.Where(entry => !entry.Gateway.IsNone))
        {
            var everything = new InetPrefix(entry.Address.Address.WithValue(0), 0);
            if (!result.Routes.Exists(route => route.Destination == everything))
            {
                result.Routes.Add(new CniRoute(everything, entry.Gateway));
            }
        }
    }

    /// <summary>The same routes, each with its gateway: one without leaves through its family's.</summary>
    public static IReadOnlyList<CniRoute> WithGateways(CniResult result) =>
    [
        .. result.Routes.Select(route => route.Gateway.IsNone
            ? route with { Gateway = result.Addresses.Find(entry => entry.Address.Address.IsIPv6 == route.Destination.Address.IsIPv6)?.Gateway ?? default }
            : route),
    ];
}
