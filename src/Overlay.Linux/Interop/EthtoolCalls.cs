using System.Runtime.InteropServices;
using System.Text;
using static Overlay.Linux.Interop.Uapi;
using Tmds.Linux;

namespace Overlay.Linux.Interop;

/// <summary>The ethtool commands about features and drivers, as ioctl: the kernel has had these since 2.6.39, and the netlink form only since 5.7. Each returns the
/// errno, or 0.</summary>
internal static unsafe class EthtoolCalls
{
    /// <summary>Opens a socket that speaks for the network namespace of the calling thread.</summary>
    public static int Open(out FileDescriptor descriptor)
    {
        descriptor = new FileDescriptor(LibC.socket(LibC.AF_INET, LibC.SOCK_DGRAM | LibC.SOCK_CLOEXEC, 0));
        return descriptor.IsInvalid ? Marshal.GetLastPInvokeError() : 0;
    }

    /// <summary>Gives the place of every feature's name in the bit sets; the names are the same for all links of a kernel.</summary>
    public static int GetNames(SafeHandle descriptor, string link, out string[] names)
    {
        names = [];
        // struct ethtool_sset_info: command, reserved, a 64-bit mask of sets, then one count per set.
        var info = stackalloc uint[5] { ETHTOOL_GSSET_INFO, 0, 1u << (int)ETH_SS_FEATURES, 0, 0 };
        var errno = Call(descriptor, link, info, out _);
        if (errno != 0)
        {
            return errno;
        }

        // struct ethtool_gstrings: command, set, count, then the strings.
        var count = (int)info[4];
        var answer = new byte[(3 * sizeof(uint)) + (count * ETH_GSTRING_LEN)];
        fixed (byte* first = answer)
        {
            var head = (uint*)first;
            (head[0], head[1], head[2]) = (ETHTOOL_GSTRINGS, ETH_SS_FEATURES, (uint)count);
            errno = Call(descriptor, link, head, out _);
        }

        if (errno == 0)
        {
            names = new string[count];
            for (var i = 0; i < count; i++)
            {
                var name = answer.AsSpan((3 * sizeof(uint)) + (i * ETH_GSTRING_LEN), ETH_GSTRING_LEN);
                names[i] = Encoding.ASCII.GetString(name).TrimEnd('\0');
            }
        }

        return errno;
    }

    /// <summary>Reads the bit sets of a link.</summary>
    public static int GetFeatures(SafeHandle descriptor, string link, Span<ethtool_get_features_block> blocks)
    {
        var size = 2 + (blocks.Length * (sizeof(ethtool_get_features_block) / sizeof(uint)));
        var command = stackalloc uint[size];
        (command[0], command[1]) = (ETHTOOL_GFEATURES, (uint)blocks.Length);
        var errno = Call(descriptor, link, command, out _);
        new ReadOnlySpan<ethtool_get_features_block>(command + 2, blocks.Length).CopyTo(blocks);
        return errno;
    }

    /// <summary>Asks for the bits that are valid in <paramref name="blocks"/>. <paramref name="outcome"/> has the ETHTOOL_F_* bits for what was not done.</summary>
    public static int SetFeatures(SafeHandle descriptor, string link, ReadOnlySpan<ethtool_set_features_block> blocks, out int outcome)
    {
        var size = 2 + (blocks.Length * (sizeof(ethtool_set_features_block) / sizeof(uint)));
        var command = stackalloc uint[size];
        (command[0], command[1]) = (ETHTOOL_SFEATURES, (uint)blocks.Length);
        blocks.CopyTo(new Span<ethtool_set_features_block>(command + 2, blocks.Length));
        return Call(descriptor, link, command, out outcome);
    }

    /// <summary>Gives the name of a link's driver.</summary>
    public static int GetDriver(SafeHandle descriptor, string link, out string driver)
    {
        // struct ethtool_drvinfo: command, then the name in 32 bytes, then what we do not want to know.
        var info = stackalloc uint[sizeof(ethtool_drvinfo) / sizeof(uint)];
        new Span<uint>(info, sizeof(ethtool_drvinfo) / sizeof(uint)).Clear();
        info[0] = ETHTOOL_GDRVINFO;
        var errno = Call(descriptor, link, info, out _);
        driver = Encoding.ASCII.GetString(new ReadOnlySpan<byte>(info + 1, ETH_GSTRING_LEN)).TrimEnd('\0');
        return errno;
    }

    private static int Call(SafeHandle descriptor, string link, void* command, out int result)
    {
        using var use = new DescriptorUse(descriptor);
        ifreq request = default;
        request.ifr_data = command;
        result = 0;
        // The name ends with a zero, which is there already. One that does not fit is no link's.
        if (Encoding.UTF8.GetByteCount(link) >= IFNAMSIZ)
        {
            return ENODEV;
        }

        Encoding.UTF8.GetBytes(link, new Span<byte>(request.ifr_name, IFNAMSIZ));
        result = Libc.ioctl(use.Number, SIOCETHTOOL, &request);
        return result >= 0 ? 0 : Marshal.GetLastPInvokeError();
    }
}
