using System.Collections.Concurrent;

using Overlay.WireGuard.Protocol.Keys;
using Overlay.WireGuard.Protocol.Sessions;

namespace Overlay.WireGuard.Protocol.Peers;

/// <summary>Whose a receiver index is. Indices are random and unique; each dies with its handshake or session. Lookups take no lock.</summary>
internal sealed class IndexTable(Entropy entropy)
{
    private readonly ConcurrentDictionary<uint, IndexEntry> _entries = new();

    public int Count => _entries.Count;

    /// <summary>Draws an index for a handshake.</summary>
    public uint Add(Peer peer)
    {
        uint index;
        do
        {
            index = entropy.NextUInt32();
        }
        while (!_entries.TryAdd(index, new IndexEntry(peer, null)));

        return index;
    }

    /// <summary>The handshake of this index has become a session.</summary>
    public void Promote(Peer peer, Session session) => _entries[session.LocalIndex] = new IndexEntry(peer, session);

    public void Remove(uint index) => _entries.TryRemove(index, out _);

    public bool TryFind(uint index, out IndexEntry entry) => _entries.TryGetValue(index, out entry);
}

/// <summary>The owner of an index. Without a session it is the index of a handshake.</summary>
internal readonly record struct IndexEntry(Peer Peer, Session? Session);
