namespace Overlay.Linux.Kernel;

/// <summary>Keeps the observed half of the ledger in step with what tables report, and puts on the agenda what no longer fits.</summary>
internal sealed class Observation(Ledger ledger, Agenda agenda, Devices devices, Repairs repairs) : IKernelSink
{
    private readonly HashSet<(string Table, string Device)> _doubts = [];
    private readonly List<Slot> _found = [];
    private ushort _epoch;

    /// <summary>The devices that a request being carried out is about. What happens on them meanwhile is its consequence, and nobody's attack: the
    /// kernel drops all neighbours of a device whose MAC address is set.</summary>
    public HashSet<string> Disturbed { get; } = new(StringComparer.Ordinal);

    /// <summary>Takes one of the places that have to be dumped.</summary>
    public bool TryTakeDoubt(out (string Table, string Device) doubt)
    {
        foreach (var first in _doubts)
        {
            doubt = first;
            return _doubts.Remove(first);
        }

        doubt = default;
        return false;
    }

    /// <summary>Begins a dump: what it does not show is gone when it ends.</summary>
    public void BeginDump() => _epoch++;

    /// <summary>Ends a dump of one table, or of what is on one device in it.</summary>
    public void EndDump(int rank, string? device)
    {
        Find(slot => slot.Rank == rank && slot.Observed is { } entry && slot.Epoch != _epoch && (device is null || entry.RequiredDevice == device));
        foreach (var slot in _found)
        {
            Lose(slot, ChangeOrigin.Unknown);
        }
    }

    /// <summary>Forgets all doubts: everything is being dumped.</summary>
    public void ClearDoubts() => _doubts.Clear();

    /// <inheritdoc/>
    public bool IsOfInterest(in EntryKey key, string device, byte protocol = 0)
    {
        foreach (var scope in ledger.Scopes)
        {
            if ((device.Length > 0 && scope.Claim.HasDevice(device)) || (key.Table == KernelTables.Route && scope.Claim.HasNetworkOf(key.Prefix)))
            {
                return true;
            }
        }

        return ledger.Slots.Find(key) is not null;
    }

    /// <inheritdoc/>
    public KernelEntry? Wanted(in EntryKey key) => ledger.Slots.Find(key)?.Desired;

    /// <inheritdoc/>
    public void Seen(KernelEntry entry, ChangeOrigin origin)
    {
        var slot = ledger.SlotOf(entry);
        slot.Epoch = _epoch;
        slot.IsTouched = true;
        ledger.SetObserved(slot, entry);
        if (slot.Desired is null)
        {
            if (ledger.IsRemovable(slot))
            {
                PutOnAgenda(slot);
            }
        }
        else if (ReferenceEquals(slot.Observed, slot.Desired))
        {
            Settle(slot);
        }
        else
        {
            Miss(slot, origin);
        }
    }

    /// <inheritdoc/>
    public void Gone(in EntryKey key, ChangeOrigin origin)
    {
        if (ledger.Slots.Find(key) is { } slot)
        {
            Lose(slot, origin);
        }
    }

    /// <inheritdoc/>
    public void DeviceSeen(string name, int index, bool isUp)
    {
        var change = devices.Set(name, index, isUp);
        if (change == DeviceChange.None || !IsUsed(name))
        {
            return;
        }

        if (change == DeviceChange.Replaced)
        {
            LoseAllOn(name);
        }

        // With a device that goes down its IPv4 routes go, without a word; and IPv6 ones, if a sysctl says so. The kernel announces the device first and
        // drops the routes then, but surely before the device is up again.
        if (change != DeviceChange.Appeared)
        {
            Doubt(KernelTables.Route, name);
        }


        DeviceImproved(name);
    }

    /// <inheritdoc/>
    public void DeviceImproved(string name)
    {
        if (!ledger.DeviceUse.ContainsKey(name))
        {
            return;
        }

        // What waited for the device, or was refused because of it, has its turn now.
        Find(slot => slot.State is SlotState.Pending or SlotState.Failed && slot.Desired!.RequiredDevice == name);
        foreach (var slot in _found)
        {
            slot.IsDeferred = false;
            agenda.AddLost(slot);
        }
    }

    /// <inheritdoc/>
    public void DeviceGone(string name)
    {
        if (!devices.Remove(name))
        {
            return;
        }

        if (IsUsed(name))
        {
            LoseAllOn(name);
        }

        // It may have had what one of our devices was refused for: its VXLAN network identifier.
        foreach (var claimed in ledger.Scopes.SelectMany(scope => scope.Claim.Devices))
        {
            if (ledger.Slots.Find(new EntryKey(KernelTables.Link, claimed)) is { State: SlotState.Failed } slot)
            {
                slot.IsDeferred = false;
                agenda.AddLost(slot);
            }
        }
    }

    /// <inheritdoc/>
    public void Doubt(string table, string device)
    {
        if (IsUsed(device))
        {
            _doubts.Add((table, device));
            agenda.AddDoubt();
        }
    }

    /// <summary>Something else stands than what is wanted, or nothing.</summary>
    private void Miss(Slot slot, ChangeOrigin origin)
    {
        if (slot.IsInFlight && origin != ChangeOrigin.Foreign)
        {
            // The change was carried out, but not as asked. The verdict is not in yet.
            return;
        }

        if (slot.State == SlotState.Settled)
        {
            slot.HasDrifted = origin != ChangeOrigin.Own && !Disturbed.Contains(DeviceOf(slot));
            ScopeState.Move(slot, SlotState.Pending);
        }

        PutOnAgenda(slot);
    }

    /// <summary>What is wanted stands. For a change in flight that is the end of it: the next report may already be a new loss.</summary>
    public void Settle(Slot slot)
    {
        // When nothing is in flight, somebody else put it back, and it is not our repair.
        if (slot.HasDrifted && slot.IsInFlight)
        {
            BackOff.CountRepair(slot, agenda.Now);
            repairs.Add(slot);
        }

        slot.HasDrifted = false;
        slot.IsInFlight = false;
        slot.IsDeferred = false;
        slot.RemovesFirst = false;
        if (slot.Trouble is { } trouble)
        {
            trouble.Failures = 0;
        }

        ScopeState.Move(slot, SlotState.Settled);
    }

    private void Lose(Slot slot, ChangeOrigin origin)
    {
        slot.IsTouched = true;
        ledger.SetObserved(slot, null);
        if (slot.Desired is null)
        {
            slot.IsInFlight = false;
            ledger.Forget(slot);
        }
        else
        {
            Miss(slot, origin);
        }
    }

    private void LoseAllOn(string device)
    {
        Find(slot => slot.Observed is { } entry && entry.RequiredDevice == device && !IsLink(slot));
        foreach (var slot in _found)
        {
            Lose(slot, ChangeOrigin.Unknown);
        }
    }

    private void PutOnAgenda(Slot slot)
    {
        if (slot.IsDeferred || slot.IsInFlight)
        {
            return;
        }

        if (BackOff.BeforeRepair(slot, agenda.Now) is > 0 and var wait)
        {
            agenda.Defer(slot, wait);
            return;
        }

        agenda.AddLost(slot);
    }

    private void Find(Func<Slot, bool> condition)
    {
        _found.Clear();
        ledger.Slots.Collect(_found, condition);
    }

    private bool IsUsed(string device) => ledger.DeviceUse.ContainsKey(device) || ledger.Scopes.Exists(scope => scope.Claim.HasDevice(device));

    private static bool IsLink(Slot slot) => slot.Identity.Key.Table == KernelTables.Link;

    private static string DeviceOf(Slot slot) => IsLink(slot) ? slot.Identity.Key.Name : slot.Identity.RequiredDevice;
}
