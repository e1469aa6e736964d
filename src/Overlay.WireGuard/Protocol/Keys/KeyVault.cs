namespace Overlay.WireGuard.Protocol.Keys;

/// <summary>Bounds how many NSec key handles are open. Each lies between guard pages of its own: four mappings and some 9 KiB. Linux
/// allows 65,530 mappings in a process and ends one that wants more, which 16,000 open handles are; 10,000 peers have 40,000 session keys.
/// See docs/decisions/0050-bounded-key-handles.md.</summary>
internal sealed class KeyVault(int capacity = KeyVault.DefaultCapacity)
{
    public const int DefaultCapacity = 1024;

    private readonly Lock _gate = new();
    private readonly GuardedKey?[] _open = new GuardedKey?[capacity];
    private int _hand;

    /// <summary>For tests and metrics.</summary>
    public int OpenCount
    {
        get
        {
            lock (_gate)
            {
                return _open.Count(key => key is not null);
            }
        }
    }

    /// <summary>Makes room for one more handle: the first key that the hand of the clock finds unused since its last round is closed.</summary>
    /// <returns>The place of the key, to be given back with <see cref="Leave"/>.</returns>
    public int Enter(GuardedKey key)
    {
        lock (_gate)
        {
            while (_open[_hand] is { } candidate && candidate.ForgetUse())
            {
                _hand = (_hand + 1) % _open.Length;
            }

            var place = _hand;
            _open[place]?.CloseHandle();
            _open[place] = key;
            _hand = (_hand + 1) % _open.Length;
            return place;
        }
    }

    public void Leave(GuardedKey key, int place)
    {
        lock (_gate)
        {
            if (_open[place] == key)
            {
                _open[place] = null;
            }
        }
    }
}
