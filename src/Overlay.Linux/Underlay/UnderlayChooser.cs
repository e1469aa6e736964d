using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Overlay.Core.Addressing;
using Overlay.Core.Backends;

namespace Overlay.Linux.Underlay;

/// <summary>Chooses the interface between nodes (flannel-facts 7). A pure function of what the host looks like and what the user wishes.</summary>
internal sealed class UnderlayChooser
{
    // A pattern comes from the user; one that runs for ever must not hold up the start.
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(1);

    private readonly HostView _host;
    private readonly UnderlaySelection _wishes;
    private readonly AddressFamilies _families;
    private readonly ConsideredInterfaces _considered;

    private UnderlayChooser(HostView host, UnderlaySelection wishes, AddressFamilies families)
    {
        _host = host;
        _wishes = wishes;
        _families = families;
        _considered = new ConsideredInterfaces(host.Interfaces);
    }

    /// <summary>Chooses.</summary>
    /// <exception cref="Overlay.Core.Diagnostics.OverlayException">No interface fits; the message lists all of them and why each was refused.</exception>
    public static UnderlayChoice Choose(HostView host, UnderlaySelection wishes, AddressFamilies families)
    {
        var chooser = new UnderlayChooser(host, wishes, families);
        return chooser.Choose() ?? throw chooser._considered.ToException();
    }

    private bool HasIPv4 => _families.HasFlag(AddressFamilies.IPv4);

    private bool HasIPv6 => _families.HasFlag(AddressFamilies.IPv6);

    private UnderlayChoice? Choose()
    {
        foreach (var wish in _wishes.Interfaces)
        {
            if (ByNameOrAddress(wish, $"--iface={wish}") is { } choice)
            {
                return choice;
            }
        }

        foreach (var pattern in _wishes.InterfaceRegexes)
        {
            if (ByPattern(pattern) is { } choice)
            {
                return choice;
            }
        }

        if (_wishes.CanReach is { } target)
        {
            return ByRoute(target);
        }

        if (_wishes.Interfaces.Count > 0 || _wishes.InterfaceRegexes.Count > 0)
        {
            return null;
        }

        // A public address alone names its interface (7.2).
        return (HasIPv4 ? _wishes.PublicAddresses.IPv4 : null, HasIPv6 ? _wishes.PublicAddresses.IPv6 : null) switch
        {
            ({ } address, _) => ByNameOrAddress(address.ToString(), $"--public-ip={address}"),
            (null, { } address) => ByNameOrAddress(address.ToString(), $"--public-ipv6={address}"),
            _ => ByDefaultRoute(),
        };
    }

    private UnderlayChoice? ByNameOrAddress(string wish, string reason)
    {
        if (!IPAddress.TryParse(wish, out var parsed))
        {
            var byName = _host.Interfaces.FirstOrDefault(candidate => candidate.Name == wish);
            _considered.Others(byName, $"its name is not {wish}");
            return byName is null ? _considered.Miss(reason, "no interface has this name") : Accept(byName, reason);
        }

        var address = new InetAddress(parsed);
        var byAddress = _host.Interfaces.FirstOrDefault(candidate => candidate.Has(address));
        _considered.Others(byAddress, $"it does not have {address}");
        if (byAddress is null)
        {
            var remedy = reason.StartsWith("--public", StringComparison.Ordinal) ? "; if it is the address of a NAT, name the interface with --iface, too" : "";
            return _considered.Miss(reason, $"no interface has this address{remedy}");
        }

        return Accept(byAddress, reason, address);
    }

    private UnderlayChoice? ByPattern(string pattern)
    {
        var reason = $"--iface-regex={pattern}";
        Regex regex;
        try
        {
            regex = new Regex(pattern, RegexOptions.CultureInvariant, _patience);
        }
        catch (ArgumentException exception)
        {
            return _considered.Miss(reason, $"this is no regular expression: {exception.Message}");
        }

        try
        {
            foreach (var candidate in _host.Interfaces)
            {
                // In a dual-stack network an address of each family must match the one pattern (7.4).
                var v4 = FirstMatch(candidate, isIPv6: false);
                var v6 = FirstMatch(candidate, isIPv6: true);
                if ((!HasIPv4 || !v4.IsNone) && (!HasIPv6 || !v6.IsNone))
                {
                    return Accept(candidate, reason, v4, v6);
                }
            }

            if (_host.Interfaces.FirstOrDefault(candidate => regex.IsMatch(candidate.Name)) is { } byName)
            {
                return Accept(byName, reason);
            }
        }
        catch (RegexMatchTimeoutException)
        {
            return _considered.Miss(reason, "this regular expression takes too long");
        }

        _considered.Others(null, $"neither its addresses nor its name match {pattern}");
        return _considered.Miss(reason, "nothing matches");

        InetAddress FirstMatch(HostInterface candidate, bool isIPv6) =>
            AddressChoice.Choose(candidate.Addresses.Where(address => regex.IsMatch(address.Address.ToString())), isIPv6);
    }

    private UnderlayChoice? ByRoute(IPAddress target)
    {
        var reason = $"--iface-can-reach={target}";
        var isUseful = target.AddressFamily == AddressFamily.InterNetworkV6 ? HasIPv6 : HasIPv4;
        if (!isUseful)
        {
            return _considered.Miss(reason, $"the network has no {(HasIPv4 ? "IPv6" : "IPv4")}; give an address of the other family");
        }

        var index = _host.RouteTo(new InetAddress(target));
        var found = _host.Interfaces.FirstOrDefault(candidate => candidate.Index == index);
        _considered.Others(found, $"the route to {target} does not lead through it");
        return found is null ? _considered.Miss(reason, "no route leads there") : Accept(found, reason);
    }

    private UnderlayChoice? ByDefaultRoute()
    {
        var v4 = HasIPv4 ? DefaultInterface(isIPv6: false) : null;
        var v6 = HasIPv6 ? DefaultInterface(isIPv6: true) : null;
        if (v4 is not null && v6 is not null && v4.Index != v6.Index)
        {
            // One device carries both families' tunnels; which one it should be is the user's to say.
            _considered.Others(null, "it does not have both default routes");
            return _considered.Miss("default route", $"that of IPv4 leads through {v4.Name} and that of IPv6 through {v6.Name}; choose one with --iface");
        }

        var found = v4 ?? v6;
        _considered.Others(found, "no default route leads through it");
        return found is null ? _considered.Miss("default route", NoDefaultRoute()) : Accept(found, "default route");
    }

    private string NoDefaultRoute()
    {
        var family = _families == AddressFamilies.Dual ? "IPv4 or IPv6" : _families.ToString();
        return _host.DefaultRoutes.Any(route => (route.IsIPv6 ? HasIPv6 : HasIPv4))
            ? $"that of {family} has no next hop on a working interface; bring the interface up, or choose one with --iface"
            : $"there is none of {family} in the main table; add one, or choose an interface with --iface, --iface-regex or --iface-can-reach";
    }

    // The best metric wins. Of several next hops the first on an interface is taken, where flannel refuses the whole route (7.3).
    private HostInterface? DefaultInterface(bool isIPv6)
    {
        foreach (var route in _host.DefaultRoutes.Where(route => route.IsIPv6 == isIPv6).OrderBy(route => route.Metric))
        {
            if (route.Interfaces.Select(index => _host.Interfaces.FirstOrDefault(candidate => candidate.Index == index)).FirstOrDefault(found => found is not null) is { } best)
            {
                return best;
            }
        }

        return null;
    }

    private UnderlayChoice? Accept(HostInterface candidate, string reason, InetAddress named = default, InetAddress namedToo = default)
    {
        var v4 = HasIPv4 ? Address(isIPv6: false) : default;
        var v6 = HasIPv6 ? Address(isIPv6: true) : default;
        var lacking = (HasIPv4 && v4.IsNone, HasIPv6 && v6.IsNone) switch
        {
            (true, true) => "neither an IPv4 nor an IPv6 address",
            (true, false) => "no IPv4 address",
            (false, true) => "no IPv6 address",
            _ => null,
        };
        var refusal = lacking is not null ? $"it has {lacking} that can be used" : candidate.Mtu <= 0 ? "it tells no MTU" : null;
        if (refusal is null)
        {
            return new UnderlayChoice(candidate, v4, v6, reason);
        }

        _considered.Refuse(candidate, refusal);
        return _considered.Miss(reason, $"{candidate.Name} cannot be used: {refusal}");

        InetAddress Address(bool isIPv6) =>
            !named.IsNone && named.IsIPv6 == isIPv6 ? named
            : !namedToo.IsNone && namedToo.IsIPv6 == isIPv6 ? namedToo
            : AddressChoice.Choose(candidate.Addresses, isIPv6);
    }
}
