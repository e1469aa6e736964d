using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Overlay.Core.Addressing;

namespace Overlay.Core.Configuration;

/// <summary>The four keys of one family: network, subnet length, first and last subnet, with flannel's defaults and constraints
/// (flannel-facts 1.C). Of a family that is not enabled only the form of the values is checked, as Go does.</summary>
internal sealed class SubnetKeys(SettingsReader settings, AddressFamily family, bool isEnabled)
{
    private readonly bool _isIPv6 = family == AddressFamily.InterNetworkV6;

    private int Width => _isIPv6 ? 128 : 32;

    private string Prefix => _isIPv6 ? "IPv6" : "";

    private string FamilyName => _isIPv6 ? "IPv6" : "IPv4";

    // A node needs addresses for its bridge and its workloads; a network needs room for more than two nodes.
    private int LongestSubnet => Width - 2;

    private int LongestNetwork => Width - 4;

    private int UsualSubnet => _isIPv6 ? 64 : 24;

    /// <summary>The network and how it is cut; <see langword="null"/> when the family is not enabled or has a mistake.</summary>
    public (IPNetwork Network, SubnetRange Range)? Read()
    {
        var network = ReadNetwork();
        var length = settings.ReadInt32(Prefix + "SubnetLen", 0, 0, isEnabled ? LongestSubnet : int.MaxValue, LengthAllowed(network));
        var first = ReadAddress(Prefix + "SubnetMin");
        var last = ReadAddress(Prefix + "SubnetMax");
        if (!isEnabled || network is not { } whole || length is not { } wanted || FindLength(whole, wanted) is not { } found)
        {
            return null;
        }

        var size = UInt128.One << (Width - found);
        var lowest = first is { Value: var min } && min != 0 ? first.Value : whole.Address.WithValue(whole.Address.Value + size);
        var highest = last is { Value: var max } && max != 0 ? last.Value : whole.LastAddress.WithValue(whole.LastAddress.Value - size + 1);
        var areGood = IsSubnet(Prefix + "SubnetMin", whole, found, lowest) & IsSubnet(Prefix + "SubnetMax", whole, found, highest);
        if (areGood && lowest > highest)
        {
            settings.AddMistake(Prefix + (last is { Value: var given } && given != 0 ? "SubnetMax" : "SubnetMin"),
                last is { Value: var limit } && limit != 0 ? $"a subnet not before {Prefix}SubnetMin, which is {lowest}" : $"a subnet not after {highest}");
            return null;
        }

        return areGood ? (whole.ToIPNetwork(), new SubnetRange(found, lowest.ToIPAddress(), highest.ToIPAddress())) : null;
    }

    private InetPrefix? ReadNetwork()
    {
        var key = Prefix + "Network";
        var example = _isIPv6 ? "2001:cafe:42::/56" : "10.244.0.0/16";
        var allowed = $"an {FamilyName} network with its prefix length, for example {example}";
        if (!settings.Has(key))
        {
            if (isEnabled)
            {
                settings.AddMistake(key, $"{allowed} (required while Enable{FamilyName} is true)");
            }

            return null;
        }

        if (settings.ReadString(key, allowed) is not { } text)
        {
            return null;
        }

        // Flannel takes the whole address space for "not set".
        if (AddressText.TryParsePrefix(text, family, out var network) && network.Length > 0)
        {
            return network;
        }

        settings.AddMistake(key, allowed);
        return null;
    }

    private InetAddress? ReadAddress(string key)
    {
        var allowed = $"an {FamilyName} address";
        if (settings.ReadString(key, allowed) is not { } text)
        {
            return null;
        }

        if (AddressText.TryParse(text, family, out var address))
        {
            return address;
        }

        settings.AddMistake(key, allowed);
        return null;
    }

    /// <summary>The subnet length, or <see langword="null"/> after a mistake. Zero stands for the default, as in flannel.</summary>
    private int? FindLength(InetPrefix network, int wanted)
    {
        if (wanted == 0)
        {
            if (network.Length <= LongestNetwork)
            {
                return network.Length <= UsualSubnet - 2 ? UsualSubnet : network.Length + 2;
            }

            settings.AddMistake(Prefix + "Network", string.Create(CultureInfo.InvariantCulture, $"a network with a prefix of at most /{LongestNetwork}"));
            return null;
        }

        if (wanted >= network.Length + 2)
        {
            return wanted;
        }

        settings.AddMistake(Prefix + "SubnetLen", LengthAllowed(network));
        return null;
    }

    private string LengthAllowed(InetPrefix? network) => network is { } whole && whole.Length > LongestNetwork
        ? string.Create(CultureInfo.InvariantCulture, $"no length: {whole} is too small, a useful network has a prefix of at most /{LongestNetwork}")
        : string.Create(CultureInfo.InvariantCulture, $"a whole number from {network?.Length + 2 ?? 2} to {LongestSubnet}, so that the network holds at least four subnets");

    private bool IsSubnet(string key, InetPrefix network, int length, InetAddress address)
    {
        var subnet = new InetPrefix(address, length);
        if (!network.Contains(address))
        {
            settings.AddMistake(key, $"a subnet inside {network}");
            return false;
        }

        if (subnet.Masked() == subnet)
        {
            return true;
        }

        settings.AddMistake(key, string.Create(CultureInfo.InvariantCulture, $"the first address of a /{length} subnet; the nearest is {subnet.Masked().Address}"));
        return false;
    }
}
