namespace Overlay.WireGuard.Protocol.Peers;

/// <summary>Which peer's timers are due next: a binary heap with one entry per peer. A timer that moves to a later time leaves the entry where it
/// is, to be looked at once in vain; batches of packets, which move timers all the time, thus hardly ever come here. Safe for several threads.</summary>
internal sealed class TimerQueue
{
    private readonly Lock _gate = new();
    private readonly List<Entry> _heap = [];

    /// <summary>Called, on the thread that made the change, when <see cref="NextDue"/> has become earlier.</summary>
    public Action? Hurried { get; set; }

    public int Count => _heap.Count;

    /// <summary>When to ask again; <see cref="TimeSpan.MaxValue"/> when nothing is due ever.</summary>
    public TimeSpan NextDue
    {
        get
        {
            lock (_gate)
            {
                return _heap.Count > 0 ? _heap[0].Due : TimeSpan.MaxValue;
            }
        }
    }

    /// <summary>Puts the peer in, or moves it to an earlier time.</summary>
    public void Hasten(Peer peer, TimeSpan due)
    {
        lock (_gate)
        {
            if (peer.PlaceInQueue < 0)
            {
                _heap.Add(default);
                Rise(_heap.Count - 1, new Entry(peer, due));
            }
            else if (due < _heap[peer.PlaceInQueue].Due)
            {
                Rise(peer.PlaceInQueue, new Entry(peer, due));
            }

            if (peer.PlaceInQueue > 0)
            {
                return;
            }
        }

        Hurried?.Invoke();
    }

    /// <summary>Takes out a peer that is due.</summary>
    public bool TryTake(TimeSpan now, out Peer peer)
    {
        lock (_gate)
        {
            var isDue = _heap.Count > 0 && _heap[0].Due <= now;
            peer = isDue ? _heap[0].Peer : null!;
            if (isDue)
            {
                RemoveLocked(peer);
            }

            return isDue;
        }
    }

    public void Remove(Peer peer)
    {
        lock (_gate)
        {
            if (peer.PlaceInQueue >= 0)
            {
                RemoveLocked(peer);
            }
        }
    }

    private void RemoveLocked(Peer peer)
    {
        var place = peer.PlaceInQueue;
        var last = _heap[^1];
        _heap.RemoveAt(_heap.Count - 1);
        peer.PlaceInQueue = -1;
        if (last.Peer != peer)
        {
            Sink(place, last);
            Rise(last.Peer.PlaceInQueue, last);
        }
    }

    private void Rise(int place, Entry entry)
    {
        while (place > 0 && _heap[(place - 1) / 2] is var parent && entry.Due < parent.Due)
        {
            Put(place, parent);
            place = (place - 1) / 2;
        }

        Put(place, entry);
    }

    private void Sink(int place, Entry entry)
    {
        while ((2 * place) + 1 is var child && child < _heap.Count)
        {
            if (child + 1 < _heap.Count && _heap[child + 1].Due < _heap[child].Due)
            {
                child++;
            }

            if (entry.Due <= _heap[child].Due)
            {
                break;
            }

            Put(place, _heap[child]);
            place = child;
        }

        Put(place, entry);
    }

    private void Put(int place, Entry entry)
    {
        _heap[place] = entry;
        entry.Peer.PlaceInQueue = place;
    }

    private readonly record struct Entry(Peer Peer, TimeSpan Due);
}
