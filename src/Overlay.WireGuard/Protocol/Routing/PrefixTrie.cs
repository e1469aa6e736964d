using System.Numerics;

using Overlay.Core.Addressing;

namespace Overlay.WireGuard.Protocol.Routing;

/// <summary>A path-compressed binary trie over the addresses of one family. One thread changes it at a time; any number of threads look up
/// meanwhile without a lock: each change is the store of one reference, and the collector keeps what a reader still stands on.</summary>
internal sealed class PrefixTrie<TBits, TOwner>
    where TBits : unmanaged, IBinaryInteger<TBits>, IUnsignedNumber<TBits>
    where TOwner : class
{
    private static readonly int _width = TBits.Zero.GetByteCount() * 8;

    private Node? _root;

    /// <summary>The owner of the longest prefix that contains the address.</summary>
    public TOwner? Find(TBits address)
    {
        TOwner? found = null;
        for (var node = Volatile.Read(ref _root); node is not null && node.Contains(address); node = node.Next(address))
        {
            found = node.Owner ?? found;
            if (node.Length == _width)
            {
                break;
            }
        }

        return found;
    }

    /// <summary>The node of exactly this prefix, made if it is not there.</summary>
    public PrefixNode<TOwner> GetOrAdd(TBits bits, int length)
    {
        bits &= MaskOf(length);
        ref var place = ref FindPlace(bits, length, out _);
        if (place is { } exact && exact.Length == length && exact.Bits == bits)
        {
            return exact;
        }

        var added = new Node(bits, length);
        if (place is { } below)
        {
            var common = Math.Min(length, CommonLength(bits, below.Bits));
            if (common == length)
            {
                added.ChildOf(below.Bits) = below;
                Volatile.Write(ref place, added);
            }
            else
            {
                var fork = new Node(bits & MaskOf(common), common);
                fork.ChildOf(below.Bits) = below;
                fork.ChildOf(bits) = added;
                Volatile.Write(ref place, fork);
            }
        }
        else
        {
            Volatile.Write(ref place, added);
        }

        return added;
    }

    /// <summary>The node of exactly this prefix, if it is somebody's.</summary>
    public PrefixNode<TOwner>? FindExact(TBits bits, int length)
    {
        bits &= MaskOf(length);
        var node = FindPlace(bits, length, out _);
        return node is { Owner: not null } && node.Length == length && node.Bits == bits ? node : null;
    }

    /// <summary>Takes the owner away, and with it the nodes that only led there.</summary>
    public void Remove(TBits bits, int length)
    {
        bits &= MaskOf(length);
        ref var place = ref FindPlace(bits, length, out var parentDepth);
        if (place is not { } node || node.Length != length || node.Bits != bits)
        {
            return;
        }

        node.Owner = null;
        if (node.Zero is not null && node.One is not null)
        {
            return;
        }

        var child = node.Zero ?? node.One;
        Volatile.Write(ref place, child);
        if (child is null && parentDepth >= 0)
        {
            RemoveFork(bits, parentDepth);
        }
    }

    /// <summary>A fork that lost a child is one node too many.</summary>
    private void RemoveFork(TBits bits, int length)
    {
        ref var place = ref FindPlace(bits & MaskOf(length), length, out _);
        if (place is { Owner: null } fork && (fork.Zero is null || fork.One is null))
        {
            Volatile.Write(ref place, fork.Zero ?? fork.One);
        }
    }

    /// <summary>Where the node of this prefix is, or would be put in front of what is there.</summary>
    private ref Node? FindPlace(TBits bits, int length, out int parentDepth)
    {
        parentDepth = -1;
        ref var place = ref _root;
        while (place is { } node && node.Length < length && node.Contains(bits))
        {
            parentDepth = node.Length;
            place = ref node.ChildOf(bits);
        }

        return ref place;
    }

    private static TBits MaskOf(int length) => length == 0 ? TBits.Zero : ~TBits.Zero << (_width - length);

    private static int CommonLength(TBits left, TBits right) => int.CreateTruncating(TBits.LeadingZeroCount(left ^ right));

    private sealed class Node(TBits bits, int length) : PrefixNode<TOwner>
    {
        private readonly TBits _mask = MaskOf(length);
        private Node? _zero;
        private Node? _one;

        public TBits Bits { get; } = bits;

        public int Length { get; } = length;

        public Node? Zero => _zero;

        public Node? One => _one;

        public override InetPrefix Prefix => new(
            _width == 32 ? InetAddress.FromIPv4(uint.CreateTruncating(Bits)) : InetAddress.FromIPv6(UInt128.CreateTruncating(Bits)), Length);

        public bool Contains(TBits address) => ((address ^ Bits) & _mask) == TBits.Zero;

        /// <summary>Only for nodes shorter than an address.</summary>
        public Node? Next(TBits address) => Volatile.Read(ref ChildOf(address));

        public ref Node? ChildOf(TBits address) => ref (TBits.IsZero((address >> (_width - 1 - Length)) & TBits.One) ? ref _zero : ref _one);
    }
}
