using System.Text;
using Overlay.Cni.Ipam;
using Overlay.Cni.Protocol;
using Overlay.Core.Addressing;

namespace Overlay.Cni.Attachments;

/// <summary>The alias of the veth link on the host, which <c>ip link</c> shows: whose it is. The journal is written anew from these when it is lost.</summary>
internal static class AttachmentLabel
{
    // IFALIASZ of linux/if.h, less the final zero.
    private const int LongestBytes = 255;
    private const string Prefix = "overlay-cni";

    /// <summary>The alias; <see langword="null"/> when it would be too long for the kernel.</summary>
    public static string? Write(Reservation reservation)
    {
        var text = $"{Prefix} {reservation.Network} {reservation.Key.ContainerId} {reservation.Key.InterfaceName} {string.Join(',', reservation.Addresses)}";
        return Encoding.UTF8.GetByteCount(text) <= LongestBytes ? text : null;
    }

    /// <summary>Reads an alias. Any text gives a reservation or nothing.</summary>
    public static Reservation? Read(string alias)
    {
        var parts = alias.Split(' ');
        if (parts.Length != 5 || parts[0] != Prefix)
        {
            return null;
        }

        var addresses = new List<InetAddress>();
        foreach (var part in parts[4].Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!IpText.TryParse(part, out var address))
            {
                return null;
            }

            addresses.Add(address);
        }

        return new Reservation(parts[1], new AttachmentKey(parts[2], parts[3]), addresses, IsComplete: true);
    }
}
