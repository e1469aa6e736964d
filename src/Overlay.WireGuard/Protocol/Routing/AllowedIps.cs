using System.Buffers.Binary;

using Overlay.Core.Addressing;

namespace Overlay.WireGuard.Protocol.Routing;

/// <summary>Which peer an inner address belongs to: for packets out, who receives them; for packets in, who may have sent them. Each prefix has
/// one owner; setting it for another moves it. Lookups take no lock and allocate nothing.</summary>
internal sealed class AllowedIps<TOwner>
    where TOwner : class
{
    private readonly Lock _gate = new();
    private readonly PrefixTrie<uint, TOwner> _ipv4 = new();
    private readonly PrefixTrie<UInt128, TOwner> _ipv6 = new();
    private readonly Dictionary<TOwner, OwnedPrefixes<TOwner>> _owned = [];

    /// <summary>The owner of an address of four or sixteen bytes in network order; any other length is nobody's.</summary>
    public TOwner? Find(ReadOnlySpan<byte> address) => address.Length switch
    {
        4 => _ipv4.Find(BinaryPrimitives.ReadUInt32BigEndian(address)),
        16 => _ipv6.Find(BinaryPrimitives.ReadUInt128BigEndian(address)),
        _ => null,
    };

    public TOwner? Find(InetAddress address) => address.Size switch
    {
        4 => _ipv4.Find((uint)address.Value),
        16 => _ipv6.Find(address.Value),
        _ => null,
    };

    /// <summary>The owner's prefixes, without host bits, in the order in which they were given to it.</summary>
    public IReadOnlyList<InetPrefix> PrefixesOf(TOwner owner)
    {
        lock (_gate)
        {
            return _owned.TryGetValue(owner, out var owned) ? owned.ToList() : [];
        }
    }

    /// <summary>Gives a prefix to an owner, whoever had it before; what it has already keeps its place in the order.</summary>
    public void Set(InetPrefix prefix, TOwner owner)
    {
        lock (_gate)
        {
            SetLocked(prefix, owner);
        }
    }

    /// <summary>Takes a prefix away from this owner; when it is another's, nothing happens.</summary>
    public bool Remove(InetPrefix prefix, TOwner owner)
    {
        lock (_gate)
        {
            return FindExact(prefix) is { } node && node.Owner == owner && RemoveLocked(node);
        }
    }

    public void RemoveAll(TOwner owner)
    {
        lock (_gate)
        {
            foreach (var prefix in _owned.TryGetValue(owner, out var owned) ? owned.ToList() : [])
            {
                RemoveLocked(FindExact(prefix)!);
            }
        }
    }

    /// <summary>Makes these the owner's only prefixes, in this order. Prefixes that stay are never without their owner meanwhile.</summary>
    public void Replace(IReadOnlyCollection<InetPrefix> prefixes, TOwner owner)
    {
        lock (_gate)
        {
            var wanted = prefixes.Select(Masked).ToHashSet();
            foreach (var prefix in _owned.TryGetValue(owner, out var owned) ? owned.ToList() : [])
            {
                if (!wanted.Contains(prefix))
                {
                    RemoveLocked(FindExact(prefix)!);
                }
            }

            foreach (var prefix in prefixes)
            {
                SetLocked(prefix, owner, moveToEnd: wanted.Remove(Masked(prefix)));
            }
        }
    }

    private static InetPrefix Masked(InetPrefix prefix)
    {
        var hostBits = (prefix.Address.Size * 8) - prefix.Length;
        // A shift by the full width is a shift by zero in C#.
        var bits = hostBits == 128 ? 0 : prefix.Address.Value >> hostBits << hostBits;
        return new InetPrefix(prefix.Address.IsIPv6 ? InetAddress.FromIPv6(bits) : InetAddress.FromIPv4((uint)bits), prefix.Length);
    }

    private void SetLocked(InetPrefix prefix, TOwner owner, bool moveToEnd = false)
    {
        if (prefix.Address.IsNone)
        {
            throw new ArgumentException("The prefix has no address.", nameof(prefix));
        }

        var node = prefix.Address.IsIPv6 ? _ipv6.GetOrAdd(prefix.Address.Value, prefix.Length) : _ipv4.GetOrAdd((uint)prefix.Address.Value, prefix.Length);
        if (node.Owner == owner && !moveToEnd)
        {
            return;
        }

        if (node.Owner is { } before)
        {
            Disown(node, before);
        }

        if (!_owned.TryGetValue(owner, out var owned))
        {
            _owned.Add(owner, owned = new OwnedPrefixes<TOwner>());
        }

        owned.Append(node);
        node.Owner = owner;
    }

    private bool RemoveLocked(PrefixNode<TOwner> node)
    {
        Disown(node, node.Owner!);
        var prefix = node.Prefix;
        if (prefix.Address.IsIPv6)
        {
            _ipv6.Remove(prefix.Address.Value, prefix.Length);
        }
        else
        {
            _ipv4.Remove((uint)prefix.Address.Value, prefix.Length);
        }

        return true;
    }

    private PrefixNode<TOwner>? FindExact(InetPrefix prefix) => prefix.Address.Size switch
    {
        4 => _ipv4.FindExact((uint)prefix.Address.Value, prefix.Length),
        16 => _ipv6.FindExact(prefix.Address.Value, prefix.Length),
        _ => null,
    };

    private void Disown(PrefixNode<TOwner> node, TOwner owner)
    {
        var owned = _owned[owner];
        owned.Unlink(node);
        if (owned.IsEmpty)
        {
            _owned.Remove(owner);
        }
    }
}
