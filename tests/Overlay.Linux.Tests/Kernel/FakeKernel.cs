using Overlay.Linux.Kernel;
using Overlay.Linux.Netlink;

namespace Overlay.Linux.Tests.Kernel;

/// <summary>A kernel in memory with the habits that matter: what needs a device goes with it, some of it without a word; changes are announced in
/// order; requests may be refused, bent, or their announcements lost.</summary>
internal sealed class FakeKernel : IKernelDoor
{
    private readonly Dictionary<EntryKey, KernelEntry> _entries = [];
    private readonly Dictionary<string, (int Index, bool IsUp)> _devices = [];
    private readonly Queue<Action<IKernelSink>> _announcements = new();
    private readonly SemaphoreSlim _signal = new(0);
    private int _lastIndex;
    private bool _hasOverrun;

    public IReadOnlyList<string> Tables { get; } = [KernelTables.Link, KernelTables.Address, KernelTables.Neighbour, KernelTables.Forwarding, KernelTables.Route];

    public IEnumerable<KernelEntry> Entries => _entries.Values;

    /// <summary>The changes that were asked for, as lines.</summary>
    public List<string> Sent { get; } = [];

    /// <summary>What requests removed or replaced.</summary>
    public List<KernelEntry> Displaced { get; } = [];

    public int Dumps { get; private set; }

    public Dictionary<EntryKey, string> Refused { get; } = [];

    /// <summary>Keys at which the kernel accepts a request and makes something else of it.</summary>
    public Dictionary<EntryKey, KernelEntry> Bent { get; } = [];

    /// <summary>After so many more dumps and sends one throws; negative for never.</summary>
    public int ThrowsAfter { get; set; } = -1;

    /// <summary>Whether the next announcements are lost.</summary>
    public bool LosesAnnouncements { get; set; }

    public KernelEntry? At(EntryKey key) => _entries.GetValueOrDefault(key);

    public bool HasDevice(string name) => _devices.ContainsKey(name);

    public void AddDevice(string name, bool isUp = true)
    {
        _devices[name] = (++_lastIndex, isUp);
        AnnounceDevice(name);
    }

    /// <summary>Somebody else adds or replaces an entry; <see langword="false"/> when the kernel does not let them.</summary>
    public bool PutForeign(KernelEntry entry) => TryPut(entry, ChangeOrigin.Foreign);

    public void RemoveForeign(EntryKey key, ChangeOrigin origin = ChangeOrigin.Foreign)
    {
        if (_entries.TryGetValue(key, out var entry))
        {
            Drop(entry, origin);
        }
    }

    public void SetDevice(string name, bool isUp)
    {
        if (!_devices.TryGetValue(name, out var device) || device.IsUp == isUp)
        {
            return;
        }

        _devices[name] = device with { IsUp = isUp };
        if (_entries.GetValueOrDefault(LinkKey(name)) is VxlanLinkEntry link)
        {
            _entries[link.Key] = link with { IsDown = !isUp };
        }

        AnnounceDevice(name);
        if (!isUp)
        {
            DropOn(name, entry => entry is RouteEntry, isSilent: true);
            DropOn(name, entry => entry is NeighbourEntry, isSilent: false);
        }
    }

    public void RemoveDevice(string name)
    {
        if (!_devices.Remove(name))
        {
            return;
        }

        foreach (var upper in _entries.Values.OfType<VxlanLinkEntry>().Where(link => link.Underlay == name).ToList())
        {
            RemoveDevice(upper.Name);
        }

        DropOn(name, entry => entry is RouteEntry, isSilent: true);
        DropOn(name, entry => entry is not VxlanLinkEntry, isSilent: false);
        _entries.Remove(LinkKey(name));
        Announce(sink =>
        {
            sink.Gone(LinkKey(name), ChangeOrigin.Unknown);
            sink.DeviceGone(name);
        });
    }

    /// <summary>The queue of announcements was too small.</summary>
    public void Overrun()
    {
        _announcements.Clear();
        _hasOverrun = true;
        Wake();
    }

    public void Wait() => _signal.Wait();

    public void Wake() => _signal.Release();

    public bool Receive(IKernelSink sink)
    {
        while (_announcements.TryDequeue(out var announce))
        {
            announce(sink);
        }

        var isWhole = !_hasOverrun;
        _hasOverrun = false;
        return isWhole;
    }

    public void Dump(int rank, string? device, IKernelSink sink)
    {
        Dumps++;
        CountDown();
        if (rank == 0)
        {
            foreach (var (name, state) in _devices)
            {
                sink.DeviceSeen(name, state.Index, state.IsUp);
            }
        }

        foreach (var entry in _entries.Values.Where(entry => entry.Key.Table == Tables[rank] && (device is null || entry.RequiredDevice == device)))
        {
            Tell(sink, entry, ChangeOrigin.Unknown);
        }
    }

    public void Send(int rank, Span<KernelChange> changes)
    {
        CountDown();
        foreach (ref var change in changes)
        {
            Sent.Add(change.ToString());
            var key = (change.Wanted ?? change.Seen!).Key;
            if (Refused.TryGetValue(key, out var error))
            {
                change.Refusal = new KernelRefusal(error);
            }
            else if (change.Wanted is null)
            {
                Remove(key);
            }
            else
            {
                if (_entries.TryGetValue(key, out var old) && !old.Equals(change.Wanted))
                {
                    Displaced.Add(old);
                }

                change.Refusal = TryPut(Bent.GetValueOrDefault(key, change.Wanted), rank == 3 ? ChangeOrigin.Unknown : ChangeOrigin.Own)
                    ? null
                    : new KernelRefusal("No such device");
            }
        }
    }

    public void Dispose()
    {
        // Nothing in it needs disposing, and the timers of a reconciler may still wake it.
    }

    private static EntryKey LinkKey(string name) => new(KernelTables.Link, name);

    private static void Tell(IKernelSink sink, KernelEntry entry, ChangeOrigin origin)
    {
        if (sink.IsOfInterest(entry.Key, entry is VxlanLinkEntry link ? link.Name : entry.RequiredDevice, (entry as RouteEntry)?.Protocol ?? 0))
        {
            sink.Seen(entry, origin);
        }
    }

    private bool TryPut(KernelEntry entry, ChangeOrigin origin)
    {
        var device = entry.RequiredDevice;
        if (device.Length > 0 && !(_devices.TryGetValue(device, out var state) && (state.IsUp || !entry.RequiresDeviceUp)))
        {
            return false;
        }

        if (_entries.TryGetValue(entry.Key, out var old) && old.Equals(entry))
        {
            // What does not change is not announced.
            return true;
        }

        _entries[entry.Key] = entry;
        if (entry is VxlanLinkEntry link)
        {
            _devices[link.Name] = (_devices.TryGetValue(link.Name, out var known) ? known.Index : ++_lastIndex, !link.IsDown);
            AnnounceDevice(link.Name);
            if (old is VxlanLinkEntry before && before.Mac != link.Mac)
            {
                DropOn(link.Name, found => found is NeighbourEntry, isSilent: false);
            }
        }
        else
        {
            Announce(sink => Tell(sink, entry, origin));
        }

        return true;
    }

    private void CountDown()
    {
        if (ThrowsAfter >= 0 && ThrowsAfter-- == 0)
        {
            throw new NetlinkException("send", 12);
        }
    }

    private void Remove(EntryKey key)
    {
        if (!_entries.TryGetValue(key, out var entry))
        {
            return;
        }

        Displaced.Add(entry);
        if (entry is VxlanLinkEntry link)
        {
            RemoveDevice(link.Name);
        }
        else
        {
            Drop(entry, ChangeOrigin.Own);
        }
    }

    private void Drop(KernelEntry entry, ChangeOrigin origin)
    {
        _entries.Remove(entry.Key);
        Announce(sink => sink.Gone(entry.Key, origin));
        if (entry is AddressEntry address)
        {
            Announce(sink => sink.Doubt(KernelTables.Route, address.Device));
            if (!_entries.Values.OfType<AddressEntry>().Any(other => other.Device == address.Device))
            {
                DropOn(address.Device, found => found is RouteEntry, isSilent: true);
            }
        }
    }

    private void DropOn(string device, Func<KernelEntry, bool> condition, bool isSilent)
    {
        foreach (var entry in _entries.Values.Where(entry => entry.RequiredDevice == device && condition(entry)).ToList())
        {
            _entries.Remove(entry.Key);
            if (!isSilent)
            {
                Announce(sink => sink.Gone(entry.Key, ChangeOrigin.Unknown));
            }
        }
    }

    private void AnnounceDevice(string name)
    {
        var (index, isUp) = _devices[name];
        var link = _entries.GetValueOrDefault(LinkKey(name));
        Announce(sink =>
        {
            sink.DeviceSeen(name, index, isUp);
            if (link is not null)
            {
                Tell(sink, link, ChangeOrigin.Unknown);
            }
        });
    }

    private void Announce(Action<IKernelSink> announcement)
    {
        if (LosesAnnouncements)
        {
            Overrun();
            return;
        }

        _announcements.Enqueue(announcement);
        Wake();
    }
}
