using Overlay.WireGuard.Protocol.Keys;

namespace Overlay.WireGuard.Tests.World;

/// <summary>The same bytes in each run: first those that the test prepared, then those of a seed.</summary>
internal sealed class SeededEntropy(int seed) : Entropy
{
    private readonly Random _random = new(seed);
    private readonly Queue<byte[]> _prepared = new();
    private readonly Lock _gate = new();

    public void Prepare(byte[] bytes) => _prepared.Enqueue(bytes);

    public override void Fill(Span<byte> destination)
    {
        lock (_gate)
        {
            if (_prepared.TryPeek(out var bytes) && bytes.Length == destination.Length)
            {
                _prepared.Dequeue().CopyTo(destination);
                return;
            }

            _random.NextBytes(destination);
        }
    }
}
