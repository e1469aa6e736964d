using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
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
        var wantedSubnets = ReadPair(subnets, "SUBNET", "a subnet, or an IPv4 and an IPv6 one: 10.244.7.0/24,fd00:244:0:7::/64", mistakes, IPNetwork.TryParse, network => network.BaseAddress.AddressFamily);
        var wantedAddresses = ReadPair(addresses, "ADDRESS", "an address, or an IPv4 and an IPv6 one: 192.0.2.7,2001:db8::7", mistakes, IPAddress.TryParse, address => address.AddressFamily);
        if (mistakes.Count > 0)
        {
            throw new ConfigurationException(mistakes);
        }

        await using var services = OfflineServices.Build(settings);
        var pair = new SubnetPair(wantedSubnets.IPv4 is { Length: > 0 } v4 ? v4[0] : null, wantedSubnets.IPv6 is { Length: > 0 } v6 ? v6[0] : null);
        await services.GetRequiredService<StoreSubnetLeaseManager>().ReserveAsync(
            pair, new AddressPair(wantedAddresses.IPv4.FirstOrDefault(), wantedAddresses.IPv6.FirstOrDefault()), CancellationToken.None);
        Console.Out.WriteLine($"Reserved {pair} for {addresses}.");
        return 0;
    }

    private delegate bool TryParse<T>(string? text, out T value);

    private static (T[] IPv4, T[] IPv6) ReadPair<T>(
        string text, string where, string allowed, List<ConfigurationMistake> mistakes, TryParse<T> tryParse, Func<T, AddressFamily> family)
    {
        var values = new List<T>();
        foreach (var part in text.Split(','))
        {
            if (!tryParse(part, out var value) || values.Exists(other => family(other) == family(value)))
            {
                mistakes.Add(new ConfigurationMistake(where, text, allowed));
                return ([], []);
            }

            values.Add(value);
        }

        return ([.. values.Where(value => family(value) == AddressFamily.InterNetwork)], [.. values.Where(value => family(value) == AddressFamily.InterNetworkV6)]);
    }
}
