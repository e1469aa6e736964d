using System.Net;
using System.Net.Sockets;
using Overlay.Agent.CommandLine;
using Overlay.Core.Addressing;
using Overlay.Core.Configuration;
using Overlay.Core.Leases;

namespace Overlay.Agent.Commands;

/// <summary>Keeps subnets for a node.</summary>
internal static class ReserveCommand
{
    public static async Task<int> RunAsync(AgentSettings settings, string subnets, string addresses)
    {
        var mistakes = new List<ConfigurationMistake>();
        var pair = ReadSubnets(subnets, mistakes);
        var owner = ReadAddresses(addresses, mistakes);
        if (mistakes.Count > 0)
        {
            throw new ConfigurationException(mistakes);
        }

        await using var services = OfflineServices.Build(settings);
        await services.GetRequiredService<StoreSubnetLeaseManager>().ReserveAsync(pair, owner, CancellationToken.None);
        Console.Out.WriteLine($"Reserved {pair} for {owner}.");
        return 0;
    }

    private static SubnetPair ReadSubnets(string text, List<ConfigurationMistake> mistakes)
    {
        IPNetwork? ipv4 = null, ipv6 = null;
        foreach (var part in text.Split(','))
        {
            if (!IPNetwork.TryParse(part, out var subnet) || (IsIPv4(subnet.BaseAddress) ? ipv4 : ipv6) is not null)
            {
                mistakes.Add(new ConfigurationMistake("SUBNET", text, "a subnet, or an IPv4 and an IPv6 one: 10.244.7.0/24,fd00:244:0:7::/64"));
                return default;
            }

            ipv4 = IsIPv4(subnet.BaseAddress) ? subnet : ipv4;
            ipv6 = IsIPv4(subnet.BaseAddress) ? ipv6 : subnet;
        }

        return new SubnetPair(ipv4, ipv6);
    }

    private static AddressPair ReadAddresses(string text, List<ConfigurationMistake> mistakes)
    {
        IPAddress? ipv4 = null, ipv6 = null;
        foreach (var part in text.Split(','))
        {
            if (!IPAddress.TryParse(part, out var address) || (IsIPv4(address) ? ipv4 : ipv6) is not null)
            {
                mistakes.Add(new ConfigurationMistake("ADDRESS", text, "an address, or an IPv4 and an IPv6 one: 192.0.2.7,2001:db8::7"));
                return default;
            }

            ipv4 = IsIPv4(address) ? address : ipv4;
            ipv6 = IsIPv4(address) ? ipv6 : address;
        }

        return new AddressPair(ipv4, ipv6);
    }

    private static bool IsIPv4(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork;
}
