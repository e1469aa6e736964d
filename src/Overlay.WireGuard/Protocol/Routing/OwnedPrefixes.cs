using Overlay.Core.Addressing;

namespace Overlay.WireGuard.Protocol.Routing;

/// <summary>The prefixes of one owner, as a list through the nodes of the tries: a node leaves it without a search.</summary>
internal sealed class OwnedPrefixes<TOwner>
    where TOwner : class
{
    private PrefixNode<TOwner>? _first;
    private PrefixNode<TOwner>? _last;

    public bool IsEmpty => _first is null;

    public void Append(PrefixNode<TOwner> node)
    {
        node.Before = _last;
        node.After = null;
        _first ??= node;
        if (_last is { } last)
        {
            last.After = node;
        }

        _last = node;
    }

    public void Unlink(PrefixNode<TOwner> node)
    {
        if (node.Before is { } before)
        {
            before.After = node.After;
        }
        else
        {
            _first = node.After;
        }

        if (node.After is { } after)
        {
            after.Before = node.Before;
        }
        else
        {
            _last = node.Before;
        }

        node.Before = node.After = null;
    }

    public List<InetPrefix> ToList()
    {
        var prefixes = new List<InetPrefix>();
        for (var node = _first; node is not null; node = node.After)
        {
            prefixes.Add(node.Prefix);
        }

        return prefixes;
    }
}
