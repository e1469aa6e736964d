namespace Overlay.WireGuard.Protocol.Sessions;

/// <summary>Remembers which of the last counters were seen (RFC 6479): 8,192 bits in a ring of words, of which the newest word may be partly
/// used, so that 8,128 counters behind the newest are told apart. Not for two threads at once.</summary>
internal struct ReplayWindow
{
    /// <summary>How far behind the newest a counter is still accepted.</summary>
    public const int Size = Bits - BitsPerWord;

    private const int Bits = 8192;
    private const int BitsPerWord = 64;
    private const int Words = Bits / BitsPerWord;

    /// <summary>The counters below 64. Most sessions are idle and need no more than this, which saves them the ring's kilobyte.</summary>
    private ulong _firstWord;
    private ulong[]? _ring;
    private ulong _newest;

    /// <summary>Accepts each counter once. Only for packets that have been authenticated.</summary>
    public bool TryAccept(ulong counter)
    {
        if (counter >= Timers.ProtocolLimits.RejectAfterMessages || (counter < _newest && _newest - counter > Size))
        {
            return false;
        }

        var bit = 1UL << (int)(counter % BitsPerWord);
        if (_ring is null)
        {
            if (counter < BitsPerWord)
            {
                return TrySet(ref _firstWord, bit, counter);
            }

            _ring = new ulong[Words];
            _ring[0] = _firstWord;
        }

        var word = counter / BitsPerWord;
        var newestWord = _newest / BitsPerWord;
        if (word > newestWord)
        {
            // The words between are skipped counters; a jump over the whole ring clears each once.
            var cleared = Math.Min(word - newestWord, Words);
            for (ulong i = 1; i <= cleared; i++)
            {
                _ring[(newestWord + i) % Words] = 0;
            }
        }

        return TrySet(ref _ring[word % Words], bit, counter);
    }

    private bool TrySet(ref ulong word, ulong bit, ulong counter)
    {
        if ((word & bit) != 0)
        {
            return false;
        }

        word |= bit;
        _newest = Math.Max(_newest, counter);
        return true;
    }
}
