using Overlay.Cni.Protocol;
using Overlay.Core.Addressing;

namespace Overlay.Cni.Configuration;

/// <summary>What the runtime asks for by <c>runtimeConfig</c>, <c>args.cni</c> and CNI_ARGS: addresses and an Ethernet address.</summary>
/// <param name="Addresses">The addresses; at most one of each family.</param>
/// <param name="Mac">The Ethernet address.</param>
internal sealed record AttachmentWishes(IReadOnlyList<InetAddress> Addresses, MacAddress? Mac)
{
    /// <exception cref="CniException">A wish is malformed.</exception>
    public static AttachmentWishes Read(NetworkDefinition network, CniArguments arguments)
    {
        var lists = new[] { network.RuntimeConfig.Member("ips"), network.Root.Member("args").Member("cni").Member("ips") };
        var addresses = lists.SelectMany(list => list.List()).Select(ReadAddress).Concat(arguments.Addresses).Distinct().ToArray();
        if (addresses.Count(address => address.IsIPv6) > 1 || addresses.Count(address => !address.IsIPv6) > 1)
        {
            throw new CniException(CniErrorCode.InvalidConfiguration, $"{lists[0].Path}: found {string.Join(", ", addresses)}, allowed is one address of each family.");
        }

        return new AttachmentWishes(addresses, ReadMac(network.RuntimeConfig.Member("mac")) ?? arguments.Mac);
    }

    // Both forms are in use: with and without a prefix length.
    private static InetAddress ReadAddress(JsonValue value)
    {
        var text = value.Text("", "an address");
        return IpText.TryParse(text, out var address) ? address
            : IpText.TryParsePrefix(text, out var prefix) ? prefix.Address
            : throw value.Wrong("an address, for example 10.244.1.9");
    }

    private static MacAddress? ReadMac(JsonValue value)
    {
        const string Allowed = "an Ethernet address of one station, for example 0a:58:0a:f4:01:02";
        var text = value.Text("", Allowed);
        if (text.Length == 0)
        {
            return null;
        }

        Span<byte> bytes = stackalloc byte[MacAddress.Size];
        if (!MacAddress.TryParse(text, out var mac) || mac.IsZero)
        {
            throw value.Wrong(Allowed);
        }

        mac.Write(bytes);
        return (bytes[0] & 1) == 0 ? mac : throw value.Wrong(Allowed);
    }
}
