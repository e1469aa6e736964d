using System.Globalization;
using System.Text;
using Overlay.Cni.Protocol;
using Overlay.Core.Addressing;

namespace Overlay.Cni.Configuration;

/// <summary>What the agent has written to <c>subnet.env</c> (flannel-facts 2.1 and 8.3).</summary>
/// <param name="Networks">The prefixes of all nodes together, IPv4 first.</param>
/// <param name="Subnets">This node's subnets, host bits cleared, IPv4 first; at most one of each family.</param>
/// <param name="Mtu">The largest packet a workload may send, in bytes.</param>
/// <param name="IsMasqueraded">Whether the agent masquerades.</param>
internal sealed record SubnetEnvironment(IReadOnlyList<InetPrefix> Networks, IReadOnlyList<InetPrefix> Subnets, int Mtu, bool IsMasqueraded)
{
    private const int LargestFile = 64 * 1024;

    /// <summary>Reads the file.</summary>
    /// <exception cref="CniException">It is missing, or does not say enough.</exception>
    public static SubnetEnvironment Read(string path)
    {
        try
        {
            using var file = File.OpenHandle(path);
            var bytes = new byte[LargestFile];
            var length = RandomAccess.Read(file, bytes, 0);
            return Parse(Encoding.UTF8.GetString(bytes, 0, length), path);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CniException(
                CniErrorCode.TryAgainLater, $"There is no {path}: the node's agent has no subnet yet; look whether overlayd (or flanneld) runs, and at its log.", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CniException(CniErrorCode.Io, $"The subnet file cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>Reads the text of a file; other keys and lines that are no pairs are skipped.</summary>
    /// <exception cref="CniException">It does not say enough.</exception>
    public static SubnetEnvironment Parse(string text, string path)
    {
        List<InetPrefix> networks = [], networks6 = [], subnets = [], subnets6 = [];
        int? mtu = null;
        bool? masquerade = null;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            var equals = line.IndexOf('=');
            var key = (equals < 0 ? line : line[..equals]).Trim();
            var value = equals < 0 ? "" : line[(equals + 1)..].Trim().ToString();
            switch (key)
            {
                case "FLANNEL_NETWORK":
                    AddPrefixes(networks, "FLANNEL_NETWORK", value, isIPv6: false, path);
                    break;
                case "FLANNEL_IPV6_NETWORK":
                    AddPrefixes(networks6, "FLANNEL_IPV6_NETWORK", value, isIPv6: true, path);
                    break;
                case "FLANNEL_SUBNET":
                    AddPrefixes(subnets, "FLANNEL_SUBNET", value, isIPv6: false, path);
                    break;
                case "FLANNEL_IPV6_SUBNET":
                    AddPrefixes(subnets6, "FLANNEL_IPV6_SUBNET", value, isIPv6: true, path);
                    break;
                case "FLANNEL_MTU":
                    mtu = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is >= 68 and <= 65535
                        ? number
                        : throw Wrong(path, "FLANNEL_MTU", value, "a number of bytes from 68 to 65535");
                    break;
                case "FLANNEL_IPMASQ":
                    masquerade = value == "true";
                    break;
            }
        }

        string[] missing =
        [
            .. networks.Count + networks6.Count == 0 ? ["FLANNEL_NETWORK or FLANNEL_IPV6_NETWORK"] : (string[])[],
            .. subnets.Count + subnets6.Count == 0 ? ["FLANNEL_SUBNET or FLANNEL_IPV6_SUBNET"] : (string[])[],
            .. mtu is null ? ["FLANNEL_MTU"] : (string[])[],
            .. masquerade is null ? ["FLANNEL_IPMASQ"] : (string[])[],
        ];
        if (missing.Length > 0)
        {
            throw new CniException(CniErrorCode.UnusableSubnetFile, $"{path} is missing {string.Join(", ", missing)}: restart the node's agent, which writes the file.");
        }

        foreach (var family in new[] { subnets, subnets6 }.Where(family => family.Count > 1))
        {
            throw new CniException(CniErrorCode.UnusableSubnetFile, $"{path} has more than one subnet of a family ({string.Join(", ", family)}): restart the node's agent, which writes the file.");
        }

        return new SubnetEnvironment([.. networks, .. networks6], [.. subnets, .. subnets6], mtu!.Value, masquerade!.Value);
    }

    private static void AddPrefixes(List<InetPrefix> prefixes, string key, string value, bool isIPv6, string path)
    {
        foreach (var part in value.Split(','))
        {
            if (!IpText.TryParsePrefix(part.Trim(), out var prefix) || prefix.Address.IsIPv6 != isIPv6)
            {
                throw Wrong(path, key, value, isIPv6 ? "an IPv6 prefix, for example fd00:244:0:1::1/64" : "an IPv4 prefix, for example 10.244.1.1/24");
            }

            if (!prefixes.Contains(prefix.Masked()))
            {
                prefixes.Add(prefix.Masked());
            }
        }
    }

    private static CniException Wrong(string path, string key, string value, string allowed) =>
        new(CniErrorCode.UnusableSubnetFile, $"{path}: {key}: found {(value.Length == 0 ? "nothing" : value)}, allowed is {allowed}: restart the node's agent, which writes the file.");
}
