using System.Runtime.InteropServices;

using Overlay.Core.Addressing;
using Overlay.Linux.Interop;

namespace Overlay.WireGuard.Tests.Device;

/// <summary>A UDP socket whose trains lie in the other end's memory at once.</summary>
internal sealed class UdpTwin(string address) : IUdpSocket
{
    private readonly byte[] _bytes = new byte[1 << 20];
    private readonly List<ReceivedDatagrams> _waiting = new(64);
    private int _used;

    public UdpTwin? Other { get; set; }

    /// <summary>Errors for the next sends.</summary>
    public Queue<int> Errors { get; } = new();

    /// <summary>How many datagrams of a train an error is about.</summary>
    public int Refuses { get; set; } = int.MaxValue;

    public List<(int Count, DatagramPath Path, byte TrafficClass, byte HopLimit)> Sent { get; } = new(4096);

    /// <summary>Whether what is sent is kept, and arrives.</summary>
    public bool Keeps { get; set; } = true;

    public SafeHandle Handle => throw new NotSupportedException("Nobody waits for a list.");

    public InetAddress Address { get; } = InetAddress.Parse(address);

    public SendResult Send(in OutgoingDatagrams train)
    {
        if (!Keeps)
        {
            return default;
        }

        Sent.Add((train.Count, train.Path, train.TrafficClass, train.HopLimit));
        if (Errors.TryDequeue(out var errno))
        {
            return new SendResult(Math.Min(Refuses, train.Count), errno);
        }

        Other!.Put(train, Address);
        return default;
    }

    public int Receive(UdpInbox inbox)
    {
        inbox.Clear();
        var offset = 0;
        foreach (var train in _waiting)
        {
            _bytes.AsSpan(offset, train.Length).CopyTo(inbox.Slot(inbox.Count));
            inbox.Add(train);
            offset += train.Length;
        }

        _waiting.Clear();
        _used = 0;
        return inbox.Count > 0 ? 0 : Uapi.EAGAIN;
    }

    private void Put(in OutgoingDatagrams train, InetAddress from)
    {
        train.Bytes.CopyTo(_bytes.AsSpan(_used));
        _used += train.Bytes.Length;
        _waiting.Add(new ReceivedDatagrams(train.Bytes.Length, train.SegmentSize, new DatagramPath(from, 51820, 0, Address, 1), train.TrafficClass));
    }
}
