using Overlay.Linux.Kernel;
using Overlay.WireGuard.Control;
using Overlay.WireGuard.Protocol.Keys;

namespace Overlay.WireGuard.Backend;

/// <summary>WireGuard devices and their peers as entries of the reconciler. A chunk of changes is one request to each device; only when that is refused is
/// each change tried alone, so that one that cannot be made holds up no other.</summary>
internal sealed class WireGuardTable(OpenDevices devices, TimeProvider clock) : IEntryTable
{
    /// <summary>The table's name.</summary>
    public const string TableName = "wireguard";

    private const int NoDevice = 19; // ENODEV of errno.h.

    private readonly RoamingWatch _roaming = new(clock);

    // Peers that were read before anybody wanted them, as all are at an agent's start: whether they have roamed is not known yet.
    private readonly HashSet<EntryKey> _unjudged = [];

    /// <inheritdoc/>
    public string Name => TableName;

    /// <inheritdoc/>
    public void Dump(string? device, IEntrySink sink)
    {
        if (device is null)
        {
            _unjudged.Clear();
        }

        foreach (var name in device is null ? devices.Names : [device])
        {
            if (devices.Find(name) is { } open && devices.SecretsOf(name) is { } secrets)
            {
                Dump(open, secrets, sink);
            }
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<string?> Apply(IReadOnlyList<EntryChange> changes)
    {
        var refusals = new string?[changes.Count];
        foreach (var group in Enumerable.Range(0, changes.Count).GroupBy(index => (changes[index].Wanted ?? changes[index].Seen!).RequiredDevice))
        {
            Apply(group.Key, [.. group], changes, refusals);
        }

        return refusals;
    }

    /// <inheritdoc/>
    public IDisposable Watch(Action<string> changed) => new Subscription(devices, changed);

    private void Dump(IWireGuardDevice device, DeviceSecrets secrets, IEntrySink sink)
    {
        WireGuardDeviceState state;
        try
        {
            state = Wait(device.ReadAsync(CancellationToken.None));
        }
        catch (WireGuardException)
        {
            // It is gone, and all that stood on it.
            _roaming.RetainOnly(device.Name, []);
            return;
        }

        using (state)
        {
            _roaming.RetainOnly(device.Name, state.Peers);
            sink.Seen(new WireGuardDeviceEntry(device.Name, state.PublicKey ?? default, state.ListenPort) { FirewallMark = state.FirewallMark });
            foreach (var peer in state.Peers)
            {
                var entry = new WireGuardPeerEntry(device.Name, peer.PublicKey, peer.AllowedIps);
                var wanted = sink.Wanted(entry.Key) as WireGuardPeerEntry;
                _ = wanted is null ? _unjudged.Add(entry.Key) : _unjudged.Remove(entry.Key);
                sink.Seen(entry with
                {
                    Endpoint = _roaming.Judge(device.Name, peer, wanted?.Endpoint),
                    PresharedKey = secrets.UseOf(peer.PresharedKey),
                    PersistentKeepalive = peer.PersistentKeepalive,
                });
            }
        }
    }

    private void Apply(string name, IReadOnlyList<int> indexes, IReadOnlyList<EntryChange> changes, string?[] refusals)
    {
        if (indexes.Count > 1 && TryConfigure(name, indexes, changes) is null)
        {
            return;
        }

        foreach (var index in indexes)
        {
            refusals[index] = TryConfigure(name, [index], changes);
        }
    }

    private string? TryConfigure(string name, IReadOnlyList<int> indexes, IReadOnlyList<EntryChange> changes)
    {
        if (devices.Find(name) is not { } device || devices.SecretsOf(name) is not { } secrets)
        {
            return $"there is no WireGuard device {name}";
        }

        try
        {
            Wait(device.ConfigureAsync(DeviceRequest.Of(Judge(device, [.. indexes.Select(index => changes[index])]), secrets), CancellationToken.None));
        }
        catch (WireGuardException exception) when (exception.Errno == NoDevice && devices.LetGo(device))
        {
            // The kernel's device was made anew, and this was the former one: the reconciler knows before it does.
            return TryConfigure(name, indexes, changes);
        }
        catch (WireGuardException exception)
        {
            return exception.Message;
        }

        List<PublicKey> added = [.. indexes.Where(index => changes[index].Seen is null).Select(index => changes[index].Wanted).OfType<WireGuardPeerEntry>().Select(peer => peer.PublicKey)];
        if (added.Count > 0)
        {
            devices.Greet(device, added);
        }

        return null;
    }

    // A peer that is well where it was last heard keeps that endpoint over an agent's restart.
    private EntryChange[] Judge(IWireGuardDevice device, EntryChange[] changes)
    {
        WireGuardDeviceState? state = null;
        for (var i = 0; i < changes.Length; i++)
        {
            if (changes[i] is { Wanted: WireGuardPeerEntry wanted, Seen: WireGuardPeerEntry seen } && _unjudged.Remove(wanted.Key))
            {
                state ??= Wait(device.ReadAsync(CancellationToken.None));
                var peer = state.Peers.FirstOrDefault(peer => peer.PublicKey == wanted.PublicKey);
                changes[i] = changes[i] with { Seen = peer is null ? null : seen with { Endpoint = _roaming.Judge(device.Name, peer, wanted.Endpoint) } };
            }
        }

        state?.Dispose();
        return changes;
    }

    // The reconciler's thread does one thing after the other, and a device answers without waiting for the network.
    private static T Wait<T>(ValueTask<T> task) => task.AsTask().GetAwaiter().GetResult();

    private static void Wait(ValueTask task) => task.AsTask().GetAwaiter().GetResult();

    private sealed class Subscription : IDisposable
    {
        private readonly OpenDevices _devices;
        private readonly Action<string> _changed;

        public Subscription(OpenDevices devices, Action<string> changed)
        {
            (_devices, _changed) = (devices, changed);
            devices.Changed += changed;
        }

        public void Dispose() => _devices.Changed -= _changed;
    }
}
