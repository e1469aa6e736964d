namespace Overlay.WireGuard.Protocol.Aead;

/// <summary>Times seal and open of one packet, in nanoseconds: the least of several rounds, the libraries taking turns.</summary>
internal sealed class AeadStopwatch(TimeProvider clock)
{
    private const int Rounds = 24;
    private const int PacketsPerRound = 32;

    public double[,] Measure(IAeadProvider[] providers, int[] sizes)
    {
        var times = new double[providers.Length, sizes.Length];
        var keys = Array.ConvertAll(providers, provider => provider.CreateKey(new byte[32]));
        var buffer = new byte[sizes.Max() + IAeadProvider.TagSize];
        for (var round = 0; round < Rounds; round++)
        {
            for (var size = 0; size < sizes.Length; size++)
            {
                for (var i = 0; i < keys.Length; i++)
                {
                    var time = Time(keys[i], buffer.AsSpan(0, sizes[size] + IAeadProvider.TagSize));
                    times[i, size] = round == 0 ? time : Math.Min(times[i, size], time);
                }
            }
        }

        Array.ForEach(keys, key => key.Dispose());
        return times;
    }

    private double Time(IAeadKey key, Span<byte> packet)
    {
        var plaintext = packet[..^IAeadProvider.TagSize];
        var start = clock.GetTimestamp();
        for (ulong counter = 0; counter < PacketsPerRound; counter++)
        {
            key.Seal(counter, plaintext, packet);
            key.Open(counter, packet, plaintext);
        }

        return clock.GetElapsedTime(start).TotalNanoseconds / PacketsPerRound;
    }
}
