namespace Overlay.Linux.Kernel;

/// <summary>Finds slots by the key of their entry. A dictionary would keep a copy of each 80-byte key; here the chains run through the slots.</summary>
internal sealed class SlotTable
{
    private Slot?[] _buckets = new Slot?[64];

    /// <summary>How many slots there are.</summary>
    public int Count { get; private set; }

    /// <summary>The slot of this key.</summary>
    public Slot? Find(in EntryKey key)
    {
        var hash = key.GetHashCode();
        for (var slot = _buckets[hash & (_buckets.Length - 1)]; slot is not null; slot = slot.Next)
        {
            if (slot.Hash == hash && slot.Identity.Key == key)
            {
                return slot;
            }
        }

        return null;
    }

    /// <summary>Adds a slot for a key that has none.</summary>
    public Slot Add(KernelEntry identity, in EntryKey key, byte rank)
    {
        if (Count >= _buckets.Length)
        {
            Grow();
        }

        var slot = new Slot(identity, key.GetHashCode(), rank);
        Link(slot);
        Count++;
        return slot;
    }

    /// <summary>Removes the slot, if it is still there.</summary>
    public void Remove(Slot slot)
    {
        ref var head = ref _buckets[slot.Hash & (_buckets.Length - 1)];
        if (head == slot)
        {
            head = slot.Next;
            Count--;
            return;
        }

        for (var before = head; before is not null; before = before.Next)
        {
            if (before.Next == slot)
            {
                before.Next = slot.Next;
                Count--;
                return;
            }
        }
    }

    /// <summary>Copies all slots that fulfil a condition into <paramref name="result"/>.</summary>
    public void Collect(List<Slot> result, Func<Slot, bool> condition)
    {
        foreach (var head in _buckets)
        {
            for (var slot = head; slot is not null; slot = slot.Next)
            {
                if (condition(slot))
                {
                    result.Add(slot);
                }
            }
        }
    }

    private void Grow()
    {
        var old = _buckets;
        _buckets = new Slot?[old.Length * 2];
        foreach (var head in old)
        {
            for (var slot = head; slot is not null;)
            {
                var next = slot.Next;
                Link(slot);
                slot = next;
            }
        }
    }

    private void Link(Slot slot)
    {
        ref var head = ref _buckets[slot.Hash & (_buckets.Length - 1)];
        slot.Next = head;
        head = slot;
    }
}
