using System.Buffers;

using Overlay.WireGuard.Protocol.Timers;

namespace Overlay.WireGuard.Protocol.Peers;

/// <summary>Copies of the packets that wait for a session, oldest first; when there is no room, the oldest goes. Safe for several threads.</summary>
internal sealed class StagedPackets(StagingBudget budget, int maximum = ProtocolLimits.MaximumStagedPackets)
{
    private readonly Lock _gate = new();
    private readonly Queue<StagedPacket> _packets = new(0);
    private long _dropped;

    public int Count => _packets.Count;

    /// <summary>Packets that waited in vain.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Keeps a copy.</summary>
    public void Add(ReadOnlySpan<byte> packet)
    {
        lock (_gate)
        {
            while (_packets.Count >= maximum)
            {
                DropOldest();
            }

            while (!budget.TryTake(packet.Length))
            {
                if (_packets.Count == 0)
                {
                    _dropped++;
                    return;
                }

                DropOldest();
            }

            var buffer = ArrayPool<byte>.Shared.Rent(packet.Length);
            packet.CopyTo(buffer);
            _packets.Enqueue(new StagedPacket(buffer, packet.Length));
        }
    }

    /// <summary>Takes the oldest packet; the caller gives its buffer back by <see cref="StagedPacket.Dispose"/>.</summary>
    public bool TryTake(out StagedPacket packet)
    {
        lock (_gate)
        {
            if (!_packets.TryDequeue(out packet))
            {
                return false;
            }

            budget.Return(packet.Bytes.Length);
            return true;
        }
    }

    public void Clear()
    {
        lock (_gate)
        {
            while (_packets.Count > 0)
            {
                DropOldest();
            }
        }
    }

    private void DropOldest()
    {
        using var packet = _packets.Dequeue();
        budget.Return(packet.Bytes.Length);
        _dropped++;
    }
}

/// <summary>A packet in a rented buffer.</summary>
internal readonly struct StagedPacket(byte[] buffer, int length) : IDisposable
{
    public ReadOnlySpan<byte> Bytes => buffer.AsSpan(0, length);

    /// <summary>Gives the buffer back; once.</summary>
    public void Dispose() => ArrayPool<byte>.Shared.Return(buffer);
}
