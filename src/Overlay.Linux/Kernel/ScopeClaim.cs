using Overlay.Core.Addressing;

namespace Overlay.Linux.Kernel;

/// <summary>Which entries of the kernel are a scope's own, so that those it does not want may be removed: its devices, all neighbours and
/// forwarding entries and (inside <paramref name="Network"/>) addresses and routes of these devices, and routes of
/// <see cref="RouteProtocols.Overlay"/> inside <paramref name="Network"/> on any device. What the kernel itself makes, such as the route to an
/// address's own prefix, is never removed.</summary>
/// <param name="Name">The scope's name, for status and logs: the backend's.</param>
/// <param name="Devices">The names of the devices that the network makes.</param>
/// <param name="Network">The prefixes of the whole network.</param>
public sealed record ScopeClaim(string Name, IReadOnlyList<string> Devices, IReadOnlyList<InetPrefix> Network)
{
    /// <summary>Whether the device is one of the claim's.</summary>
    public bool HasDevice(string name)
    {
        // Not a hash set: a claim has one or two devices.
        for (var i = 0; i < Devices.Count; i++)
        {
            if (Devices[i] == name)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether all of <paramref name="prefix"/> is inside the network.</summary>
    public bool HasNetworkOf(InetPrefix prefix)
    {
        for (var i = 0; i < Network.Count; i++)
        {
            if (Network[i].Contains(prefix))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a route with these properties is the claim's.</summary>
    public bool HasRoute(InetPrefix destination, string device, byte protocol) =>
        protocol != RouteProtocols.Kernel && (protocol == RouteProtocols.Overlay || HasDevice(device)) && HasNetworkOf(destination);
}
