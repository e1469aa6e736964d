using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using Overlay.Cni.Protocol;
using Overlay.Core.Addressing;

namespace Overlay.Cni.Attachments;

/// <summary>Rules that give the host's address to what workloads send out of the network, for agents that do not masquerade themselves (FLANNEL_IPMASQ=false). One table
/// per family for the whole node, named <c>overlay-cni</c>; it is changed in one transaction, and making it twice is harmless.</summary>
internal static class Masquerade
{
    /// <exception cref="CniException">nft is missing, or the kernel refused the rules.</exception>
    public static void Ensure(IReadOnlyList<InetPrefix> subnets, IReadOnlyList<InetPrefix> networks)
    {
        var script = new StringBuilder();
        foreach (var subnet in subnets)
        {
            Append(script, subnet, [.. networks.Where(network => network.Address.IsIPv6 == subnet.Address.IsIPv6)]);
        }

        Run(script.ToString());
    }

    private static void Append(StringBuilder script, InetPrefix subnet, IReadOnlyList<InetPrefix> networks)
    {
        var (family, type, multicast) = subnet.Address.IsIPv6 ? ("ip6", "ipv6_addr", "ff00::/8") : ("ip", "ipv4_addr", "224.0.0.0/4");
        script.Append(System.Globalization.CultureInfo.InvariantCulture, $$"""
            add table {{family}} overlay-cni
            add set {{family}} overlay-cni workloads { type {{type}}; flags interval; auto-merge; }
            add set {{family}} overlay-cni networks { type {{type}}; flags interval; auto-merge; }
            add chain {{family}} overlay-cni postrouting { type nat hook postrouting priority 100; }
            flush chain {{family}} overlay-cni postrouting
            add rule {{family}} overlay-cni postrouting {{family}} saddr @workloads {{family}} daddr != @networks {{family}} daddr != {{multicast}} masquerade
            add element {{family}} overlay-cni workloads { {{subnet}} }
            add element {{family}} overlay-cni networks { {{string.Join(", ", networks)}} }

            """);
    }

    private static void Run(string script)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("nft", ["-f", "-"]) { RedirectStandardInput = true, RedirectStandardError = true, RedirectStandardOutput = true })!;
            process.StandardInput.Write(script);
            process.StandardInput.Close();
            var complaint = process.StandardError.ReadToEnd();
            process.WaitForExit();
            if (process.ExitCode != 0)
            {
                throw new CniException(CniErrorCode.KernelRefused, $"The masquerade rules were refused ({complaint.Split('\n')[0]}): let the agent masquerade (--ip-masq), or set delegate.ipMasq to false.");
            }
        }
        catch (Win32Exception exception)
        {
            throw new CniException(CniErrorCode.KernelRefused, "ipMasq needs the program nft, which is not in PATH: install nftables, let the agent masquerade (--ip-masq), or set delegate.ipMasq to false.", exception);
        }
    }
}
