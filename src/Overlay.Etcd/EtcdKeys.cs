using Google.Protobuf;

namespace Overlay.Etcd;

/// <summary>Where in etcd the network stands (flannel-facts 3.1): <c>PREFIX/config</c> and <c>PREFIX/subnets/KEY</c>.</summary>
internal sealed class EtcdKeys
{
    private readonly string _leases;

    public EtcdKeys(string prefix)
    {
        // Go's path.Join, with which flannel builds its keys, drops empty parts.
        var parts = prefix.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var root = (prefix.StartsWith('/') ? "/" : "") + string.Concat(parts.Select(part => part + "/"));
        Configuration = root + "config";
        _leases = root + "subnets/";
        FirstLease = ByteString.CopyFromUtf8(_leases);
        // '0' comes after '/': a range without the end holds exactly the keys that begin with the folder.
        AfterLeases = ByteString.CopyFromUtf8(root + "subnets0");
    }

    /// <summary>The key of the network's configuration.</summary>
    public string Configuration { get; }

    /// <summary>The first key that a lease could have.</summary>
    public ByteString FirstLease { get; }

    /// <summary>The first key behind all leases.</summary>
    public ByteString AfterLeases { get; }

    /// <summary>A lease's key in etcd.</summary>
    public ByteString OfLease(string key) => ByteString.CopyFromUtf8(_leases + key);

    /// <summary>A lease's key as the lease manager knows it.</summary>
    public string LeaseOf(ByteString key) => key.ToStringUtf8()[_leases.Length..];

    /// <summary>The first key behind this one.</summary>
    public static ByteString Next(ByteString key) => ByteString.CopyFrom([.. key.Span, 0]);
}
