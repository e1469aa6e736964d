using Overlay.Core.Addressing;

namespace Overlay.Linux.Sysctls;

/// <summary>Which settings are not as forwarding needs them. Pure functions of what is read.</summary>
internal static class SysctlPlan
{
    /// <summary>The host as a whole, in the order in which the steps have to be done.</summary>
    /// <param name="read">Gives the value of a setting.</param>
    /// <param name="families">The network's families.</param>
    /// <param name="advertised">The interfaces whose IPv6 default route a router has advertised.</param>
    public static IEnumerable<SysctlStep> ForHost(Func<string, string?> read, AddressFamilies families, IReadOnlyCollection<string> advertised)
    {
        if (families.HasFlag(AddressFamilies.IPv4))
        {
            foreach (var step in Want(read, "net/ipv4/ip_forward", "1", "the host does not forward the packets of its workloads"))
            {
                yield return step;
            }
        }

        if (!families.HasFlag(AddressFamilies.IPv6))
        {
            yield break;
        }

        // With forwarding on, the kernel drops every default route that a router has advertised, and hears no advertisement, unless accept_ra
        // is 2 (net/ipv6/addrconf.c: addrconf_fixup_forwarding; Documentation/networking/ip-sysctl.rst). 0 means that a program handles them.
        foreach (var name in advertised.Where(name => read(AcceptAdvertisements(name)) == "1"))
        {
            yield return new SysctlStep(AcceptAdvertisements(name), "1", "2", $"with IPv6 forwarding on, {name} would lose the default route that its router advertises", IsRequired: true);
        }

        foreach (var step in Want(read, "net/ipv6/conf/all/forwarding", "1", "the host does not forward the IPv6 packets of its workloads"))
        {
            yield return step;
        }
    }

    /// <summary>A device that packets of workloads arrive at. One that does not exist needs nothing.</summary>
    /// <param name="read">Gives the value of a setting.</param>
    /// <param name="families">The families that the device carries.</param>
    /// <param name="name">The device's name.</param>
    /// <param name="isOwn">Whether the network made it; then IPv6 is switched on and advertisements are off.</param>
    public static IEnumerable<SysctlStep> ForDevice(Func<string, string?> read, AddressFamilies families, string name, bool isOwn)
    {
        if (families.HasFlag(AddressFamilies.IPv4) && read($"net/ipv4/conf/{name}/forwarding") is "0")
        {
            yield return new SysctlStep($"net/ipv4/conf/{name}/forwarding", "0", "1", $"packets that arrive at {name} are not forwarded", IsRequired: true);
        }

        // The kernel takes the larger of the two; 1 is strict: a packet is dropped unless the way back leads through the device that it came in by. That
        // is not so for an outside client whose packet another node passed on unmasqueraded, or while two nodes reach each other by different
        // backends. 2 asks only for a way back by any device, whatever "all" says. The user's 0 is left alone.
        if (families.HasFlag(AddressFamilies.IPv4) && Math.Max(Number(read("net/ipv4/conf/all/rp_filter")), Number(read($"net/ipv4/conf/{name}/rp_filter"))) == 1
            && read($"net/ipv4/conf/{name}/rp_filter") is { } filter)
        {
            yield return new SysctlStep($"net/ipv4/conf/{name}/rp_filter", filter, "2", $"the strict filter drops packets at {name} whose way back leads through another device", IsRequired: false);
        }

        if (families.HasFlag(AddressFamilies.IPv6) && isOwn && read($"net/ipv6/conf/{name}/disable_ipv6") is "1")
        {
            yield return new SysctlStep($"net/ipv6/conf/{name}/disable_ipv6", "1", "0", $"{name} has no IPv6", IsRequired: true);
        }

        var forwards = read($"net/ipv6/conf/{name}/forwarding");
        if (families.HasFlag(AddressFamilies.IPv6) && forwards is "0")
        {
            yield return new SysctlStep($"net/ipv6/conf/{name}/forwarding", "0", "1", $"IPv6 packets that arrive at {name} are not forwarded", IsRequired: true);
        }

        // 1 is "unless it forwards". A workload must not be able to give its node a default route.
        if (isOwn && read(AcceptAdvertisements(name)) is { } accepts and not "0")
        {
            yield return new SysctlStep(AcceptAdvertisements(name), accepts, "0", $"a router advertisement through {name} could change the host's routes", IsRequired: false);
        }
    }

    /// <summary>Whether a step that could not be done leaves things as they should be after all.</summary>
    public static bool IsHarmless(SysctlStep step, Func<string, string?> read) =>
        step is { Wanted: "0", Found: "1" }
        && step.Path.EndsWith("/accept_ra", StringComparison.Ordinal)
        && read(step.Path.Replace("/accept_ra", "/forwarding", StringComparison.Ordinal)) == "1";

    private static string AcceptAdvertisements(string name) => $"net/ipv6/conf/{name}/accept_ra";

    private static IEnumerable<SysctlStep> Want(Func<string, string?> read, string path, string wanted, string reason)
    {
        var found = read(path);
        if (found != wanted)
        {
            yield return new SysctlStep(path, found, wanted, reason, IsRequired: true);
        }
    }

    private static int Number(string? value) => int.TryParse(value, System.Globalization.CultureInfo.InvariantCulture, out var number) ? number : 0;
}
