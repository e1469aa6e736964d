using System.Runtime.InteropServices;

namespace Overlay.Linux.Interop;

/// <summary>A UDP socket that sends and receives trains: datagrams of equal length to or from one address, of which the last may be shorter. Any
/// thread may send, and waits while the queue to the network is full; one thread receives, and does not wait.</summary>
internal interface IUdpSocket
{
    /// <summary>What is to be polled.</summary>
    SafeHandle Handle { get; }

    /// <summary>Sends a train. What is refused holds up nothing that comes after it.</summary>
    SendResult Send(in OutgoingDatagrams train);

    /// <summary>Fills the inbox with what has arrived. Gives the errno, or 0; EAGAIN when there is nothing.</summary>
    int Receive(UdpInbox inbox);
}

/// <summary>What became of a train.</summary>
/// <param name="Refused">How many of its datagrams were not sent.</param>
/// <param name="Errno">Why the first of them was not; 0 when all were sent.</param>
internal readonly record struct SendResult(int Refused, int Errno);

/// <summary>A train to be sent.</summary>
internal readonly ref struct OutgoingDatagrams
{
    /// <summary>The datagrams, one after the other.</summary>
    public required ReadOnlySpan<byte> Bytes { get; init; }

    /// <summary>The length of each but the last.</summary>
    public required int SegmentSize { get; init; }

    public required DatagramPath Path { get; init; }

    /// <summary>DSCP and ECN.</summary>
    public byte TrafficClass { get; init; }

    /// <summary>Zero for the system's default.</summary>
    public byte HopLimit { get; init; }

    public int Count => (Bytes.Length + SegmentSize - 1) / SegmentSize;
}
