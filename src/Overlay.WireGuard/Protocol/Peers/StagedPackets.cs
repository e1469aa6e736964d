using System.Buffers;

using Overlay.WireGuard.Protocol.Timers;

namespace Overlay.WireGuard.Protocol.Peers;

/// <summary>Copies of the packets that wait for a session, oldest first; when there is no room, the oldest goes. Safe for several threads.</summary>
internal sealed class StagedPackets(StagingBudget budget, DropCounters drops, int maximum = ProtocolLimits.MaximumStagedPackets)
{
    private readonly Lock _gate = new();
    private readonly Queue<StagedPacket> _packets = new(0);
    private volatile bool _isWaiting;
    private bool _isClosed;

    public int Count => _packets.Count;

    /// <summary>Held by who sends the packets, so that they leave in order.</summary>
    public Lock Draining { get; } = new();

    /// <summary>Whether a newer packet has to wait too, behind those that are here or are being sent. See <see cref="Settle"/>.</summary>
    public bool IsWaiting => _isWaiting;

    /// <summary>Keeps a copy.</summary>
    public void Add(ReadOnlySpan<byte> packet)
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                drops.Count(DropCause.NoSession);
                return;
            }

            while (_packets.Count >= maximum)
            {
                DropOldest();
            }

            while (!budget.TryTake(packet.Length))
            {
                if (_packets.Count == 0)
                {
                    drops.Count(DropCause.NoSession);
                    return;
                }

                DropOldest();
            }

            _isWaiting = true;
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

    /// <summary>What was taken has been sent: when nothing has come meanwhile, newer packets need not wait. Under <see cref="Draining"/>.</summary>
    public void Settle()
    {
        lock (_gate)
        {
            _isWaiting = _packets.Count > 0;
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

            _isWaiting = false;
        }
    }

    /// <summary>For a peer that is removed: a packet that is still on its way here is dropped, and takes nothing of what the other peers share.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            Clear();
        }
    }

    private void DropOldest()
    {
        using var packet = _packets.Dequeue();
        budget.Return(packet.Bytes.Length);
        drops.Count(DropCause.NoSession);
    }
}

/// <summary>A packet in a rented buffer.</summary>
internal readonly struct StagedPacket(byte[] buffer, int length) : IDisposable
{
    public ReadOnlySpan<byte> Bytes => buffer.AsSpan(0, length);

    /// <summary>Gives the buffer back; once.</summary>
    public void Dispose() => ArrayPool<byte>.Shared.Return(buffer);
}
