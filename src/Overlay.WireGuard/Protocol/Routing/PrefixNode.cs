using Overlay.Core.Addressing;

namespace Overlay.WireGuard.Protocol.Routing;

/// <summary>A prefix in the trie and in the list of its owner's prefixes.</summary>
internal abstract class PrefixNode<TOwner>
    where TOwner : class
{
    private volatile TOwner? _owner;

    /// <summary>Who receives what matches this prefix; <see langword="null"/> for a mere fork.</summary>
    public TOwner? Owner
    {
        get => _owner;
        set => _owner = value;
    }

    public abstract InetPrefix Prefix { get; }

    /// <summary>The neighbours in the owner's list.</summary>
    public PrefixNode<TOwner>? Before { get; set; }

    public PrefixNode<TOwner>? After { get; set; }
}
