using Overlay.Linux.Interop;
using static Overlay.Linux.Interop.Uapi;

namespace Overlay.Linux.Netlink.Ethtool;

/// <summary>Reads and switches the features of links (<c>ethtool -k</c> and <c>-K</c>) by name. It belongs to the network namespace that the opening thread was
/// in. Not safe for several threads.</summary>
public sealed class LinkFeatures : IDisposable
{
    /// <summary>The feature that leaves a packet's checksum to the hardware: off is the cure for lower links that compute the checksums of VXLAN packets wrongly.</summary>
    public const string TransmitChecksum = "tx-checksum-ip-generic";

    private readonly FileDescriptor _descriptor;
    private string[]? _names;

    /// <summary>Opens a socket in the network namespace of the calling thread.</summary>
    /// <exception cref="EthtoolException">The process has no descriptor left.</exception>
    public LinkFeatures()
    {
        var errno = EthtoolCalls.Open(out _descriptor);
        if (errno != 0)
        {
            throw new EthtoolException("socket", errno);
        }
    }

    /// <summary>Whether the feature is on.</summary>
    /// <exception cref="EthtoolException">The link does not exist (ENODEV), or the kernel does not know the feature (EOPNOTSUPP).</exception>
    public bool IsOn(string link, string feature)
    {
        var operation = $"get {feature} of {link}";
        var (blocks, block, bit) = Locate(operation, link, feature);
        Span<ethtool_get_features_block> features = stackalloc ethtool_get_features_block[blocks];
        Check(operation, EthtoolCalls.GetFeatures(_descriptor, link, features));
        return (features[block].active & bit) != 0;
    }

    /// <summary>Switches the feature. <see langword="false"/> if the kernel wrote the wish down and something else about the link keeps it from coming true.</summary>
    /// <exception cref="EthtoolException">The link does not exist (ENODEV), the link cannot switch the feature or the kernel does not know it (EOPNOTSUPP), or
    /// CAP_NET_ADMIN is missing (EPERM).</exception>
    public bool Set(string link, string feature, bool isOn)
    {
        var operation = $"set {feature} of {link}";
        var (blocks, block, bit) = Locate(operation, link, feature);
        Span<ethtool_set_features_block> features = stackalloc ethtool_set_features_block[blocks];
        features.Clear();
        features[block] = new ethtool_set_features_block { valid = bit, requested = isOn ? bit : 0 };
        Check(operation, EthtoolCalls.SetFeatures(_descriptor, link, features, out var outcome));
        return (outcome & ETHTOOL_F_UNSUPPORTED) != 0
            ? throw new EthtoolException(operation, EOPNOTSUPP)
            : (outcome & ETHTOOL_F_WISH) == 0;
    }

    /// <summary>The name of the link's driver, such as <c>vmxnet3</c>.</summary>
    /// <exception cref="EthtoolException">The link does not exist (ENODEV), or its driver has no name (EOPNOTSUPP).</exception>
    public string ReadDriver(string link)
    {
        Check($"get driver of {link}", EthtoolCalls.GetDriver(_descriptor, link, out var driver));
        return driver;
    }

    /// <inheritdoc/>
    public void Dispose() => _descriptor.Dispose();

    private static void Check(string operation, int errno)
    {
        if (errno != 0)
        {
            throw new EthtoolException(operation, errno);
        }
    }

    private (int Blocks, int Block, uint Bit) Locate(string operation, string link, string feature)
    {
        ArgumentException.ThrowIfNullOrEmpty(link);
        ArgumentException.ThrowIfNullOrEmpty(feature);
        if (_names is null)
        {
            Check(operation, EthtoolCalls.GetNames(_descriptor, link, out var names));
            _names = names;
        }

        var index = Array.IndexOf(_names, feature);
        return index >= 0
            ? ((_names.Length + 31) / 32, index / 32, 1u << (index % 32))
            : throw new EthtoolException(operation, EOPNOTSUPP);
    }
}
