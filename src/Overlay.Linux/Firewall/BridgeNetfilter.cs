using Overlay.Core.Addressing;

namespace Overlay.Linux.Firewall;

/// <summary>Whether packets between workloads on one bridge pass the iptables rules.</summary>
/// <remarks>The overlay's rules do not need it: what enters or leaves the overlay is routed, not bridged. Services of kube-proxy need it,
/// when the one workload of a service is on the bridge of the other: the answer would go back without being translated. So it is a warning
/// here, where flannel ends with status 1.</remarks>
internal static class BridgeNetfilter
{
    /// <summary>The switches that are missing or off, with their value; empty when all is well.</summary>
    /// <param name="families">Whose packets.</param>
    /// <param name="folder">Where the kernel has the switches.</param>
    public static IReadOnlyList<string> FindOff(AddressFamilies families, string folder = "/proc/sys/net/bridge")
    {
        var off = new List<string>();
        Look(AddressFamilies.IPv4, "bridge-nf-call-iptables");
        Look(AddressFamilies.IPv6, "bridge-nf-call-ip6tables");
        return off;

        void Look(AddressFamilies family, string name)
        {
            var path = Path.Combine(folder, name);
            if (!families.HasFlag(family))
            {
                return;
            }

            try
            {
                if (File.ReadAllText(path).Trim() == "0")
                {
                    off.Add($"{path} is 0");
                }
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                off.Add($"{path} is missing");
            }
        }
    }
}
