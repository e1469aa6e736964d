namespace Overlay.Linux.Kernel;

/// <summary>All slots, all scopes, and the rules by which one becomes wanted, unwanted or forgotten. Every change puts the slot on the agenda; an
/// unchanged wish costs a look-up and nothing else.</summary>
internal sealed class Ledger(IReadOnlyList<string> tables, Agenda agenda)
{
    private const int ManyEntries = 16;

    private readonly Dictionary<string, byte> _ranks = tables.Select((name, rank) => (name, (byte)rank)).ToDictionary(pair => pair.name, pair => pair.Item2);

    /// <summary>The slots.</summary>
    public SlotTable Slots { get; } = new();

    /// <summary>The open scopes, and closed ones whose entries still stand.</summary>
    public List<ScopeState> Scopes { get; } = [];

    /// <summary>How many entries are wanted in each table.</summary>
    public int[] Desired { get; } = new int[tables.Count];

    /// <summary>How many entries stand in each table, of those that are wanted or claimed.</summary>
    public int[] Observed { get; } = new int[tables.Count];

    /// <summary>How many wanted entries need each device.</summary>
    public Dictionary<string, int> DeviceUse { get; } = new(StringComparer.Ordinal);

    /// <summary>The slot of this entry, made if need be.</summary>
    public Slot SlotOf(KernelEntry entry)
    {
        var key = entry.Key;
        return Slots.Find(key) ?? Slots.Add(entry, key, RankOf(key.Table));
    }

    /// <summary>The table's place in the order of dependency.</summary>
    /// <exception cref="ArgumentException">There is no such table.</exception>
    public byte RankOf(string table) => _ranks.TryGetValue(table, out var rank) ? rank : throw new ArgumentException($"The reconciler has no table '{table}'.", nameof(table));

    /// <summary>Replaces what an owner wants. The array becomes the ledger's own.</summary>
    public void Replace(ScopeState scope, string name, KernelEntry[] entries)
    {
        if (!scope.Owners.TryGetValue(name, out var owner))
        {
            if (entries.Length == 0)
            {
                return;
            }

            scope.Owners.Add(name, owner = new Owner(scope, name));
        }

        // First what is wanted now, then what is no longer: an entry that only changes content never counts as unwanted in between.
        for (var i = 0; i < entries.Length; i++)
        {
            entries[i] = Want(SlotOf(entries[i]), owner, entries[i]);
        }

        // A peer has a handful of entries; a set of keys would cost more than it saves.
        var kept = entries.Length > ManyEntries && owner.Entries.Length > 0 ? entries.Select(entry => entry.Key).ToHashSet() : null;
        foreach (var entry in owner.Entries)
        {
            var key = entry.Key;
            var isKept = kept?.Contains(key) ?? Array.Exists(entries, other => other.Key == key);
            if (!isKept && Slots.Find(key) is { } slot)
            {
                Drop(slot, owner);
            }
        }

        owner.Entries = entries;

        if (entries.Length == 0)
        {
            scope.Owners.Remove(name);
        }
    }

    /// <summary>Drops the owners that are not named, and declares the scope complete.</summary>
    public void RetainOnly(ScopeState scope, IReadOnlySet<string> names)
    {
        foreach (var name in scope.Owners.Keys.Where(name => !names.Contains(name)).ToList())
        {
            Replace(scope, name, []);
        }

        if (!scope.IsComplete)
        {
            scope.IsComplete = true;
            ReviewUnwanted();
        }
    }

    /// <summary>Opens a scope.</summary>
    public void Open(ScopeState scope)
    {
        // A closed scope stands for what it left behind; its successor looks after that from now on.
        Scopes.RemoveAll(other => other.IsClosed && other.Claim.Name == scope.Claim.Name);
        Scopes.Add(scope);
    }

    /// <summary>Lets go of a scope: what it wanted stays in the kernel, and is nobody's to remove.</summary>
    public void Close(ScopeState scope)
    {
        if (scope.IsComplete && scope.Owners.Count == 0)
        {
            Scopes.Remove(scope);
            return;
        }

        scope.IsClosed = true;
        scope.IsComplete = false;
        foreach (var owner in scope.Owners.Values.ToList())
        {
            foreach (var entry in owner.Entries)
            {
                if (Slots.Find(entry.Key) is { } slot)
                {
                    Drop(slot, owner);
                    slot.IsCondemned = false;
                }
            }
        }

        scope.Owners.Clear();
    }

    /// <summary>Whether what stands in this slot, wanted by nobody, is to be removed: it was wanted before, or every scope that it is claimed by has
    /// said that it does not want it.</summary>
    public bool IsRemovable(Slot slot)
    {
        if (slot.Observed is not { } entry)
        {
            return false;
        }

        var isRemovable = slot.IsCondemned;
        foreach (var scope in Scopes)
        {
            if (entry.IsWithin(scope.Claim))
            {
                isRemovable |= scope.IsComplete;
                if (!scope.IsComplete && !slot.IsCondemned)
                {
                    return false;
                }
            }
        }

        return isRemovable;
    }

    /// <summary>Records what stands in the slot.</summary>
    public void SetObserved(Slot slot, KernelEntry? entry)
    {
        if (slot.Observed is null != entry is null)
        {
            Observed[slot.Rank] += entry is null ? -1 : 1;
        }

        slot.Observed = entry is not null && entry.Equals(slot.Desired) ? slot.Desired : entry;
        if (slot.Desired is null)
        {
            // The key stays the same. The older object would be kept alive for nothing.
            slot.Identity = entry ?? slot.Identity;
        }
    }

    /// <summary>Forgets the slot when there is nothing to know about it.</summary>
    public void Forget(Slot slot)
    {
        if (slot.Desired is not null || slot.Observed is not null)
        {
            return;
        }

        slot.IsCondemned = false;
        if (BackOff.Count(slot, agenda.Now) > 0)
        {
            // Somebody keeps adding what is not wanted. Forgetting how often would start the count anew each time.
            agenda.Remind(slot, BackOff.MaxMilliseconds);
            return;
        }

        slot.IsDeferred = false;
        Slots.Remove(slot);
    }

    private void ReviewUnwanted()
    {
        var unwanted = new List<Slot>();
        Slots.Collect(unwanted, slot => slot.Desired is null && IsRemovable(slot));
        foreach (var slot in unwanted)
        {
            agenda.Add(slot);
        }
    }

    // Gives the object to keep: the one that is there already when both are equal, so that none is held twice.
    private KernelEntry Want(Slot slot, Owner owner, KernelEntry entry)
    {
        if (slot.Owner == owner)
        {
            SetDesired(slot, owner, entry);
            return slot.Desired!;
        }

        var others = slot.Trouble?.Others;
        var index = others?.FindIndex(other => other.Owner == owner) ?? -1;
        if (index >= 0)
        {
            // It asked before somebody else did, and asking again does not change whose turn it is.
            others![index] = (owner, entry);
            return entry;
        }

        if (slot.Owner is not null)
        {
            ((slot.Trouble ??= new SlotTrouble()).Others ??= []).Add((slot.Owner, slot.Desired!));
        }

        SetDesired(slot, owner, entry);
        return entry;
    }

    private void Drop(Slot slot, Owner owner)
    {
        var others = slot.Trouble?.Others;
        if (slot.Owner != owner)
        {
            others?.RemoveAll(other => other.Owner == owner);
        }
        else if (others is { Count: > 0 })
        {
            var (next, entry) = others[^1];
            others.RemoveAt(others.Count - 1);
            SetDesired(slot, next, entry);
        }
        else
        {
            SetDesired(slot, null, null);
        }
    }

    private void SetDesired(Slot slot, Owner? owner, KernelEntry? entry)
    {
        if (slot.Owner == owner && slot.Desired is not null && slot.Desired.Equals(entry))
        {
            return;
        }

        ScopeState.Move(slot, SlotState.None);
        CountUse(slot.Desired, -1, slot.Rank);
        CountUse(entry, 1, slot.Rank);
        slot.Owner = owner;
        slot.Desired = entry;
        slot.Identity = entry ?? slot.Observed ?? slot.Identity;
        slot.IsCondemned = entry is null;
        slot.HasDrifted = false;
        slot.RemovesFirst = false;
        slot.IsDeferred = false;
        slot.Trouble = slot.Trouble is { Others: { Count: > 0 } others } ? new SlotTrouble { Others = others } : null;

        SetObserved(slot, slot.Observed);
        if (entry is not null)
        {
            ScopeState.Move(slot, ReferenceEquals(slot.Observed, entry) ? SlotState.Settled : SlotState.Pending);
        }

        agenda.Add(slot);
    }

    private void CountUse(KernelEntry? entry, int change, int rank)
    {
        if (entry is null)
        {
            return;
        }

        Desired[rank] += change;
        var device = entry.RequiredDevice;
        if (device.Length == 0)
        {
            return;
        }

        var count = DeviceUse.GetValueOrDefault(device) + change;
        if (count == 0)
        {
            DeviceUse.Remove(device);
        }
        else
        {
            DeviceUse[device] = count;
        }
    }
}
