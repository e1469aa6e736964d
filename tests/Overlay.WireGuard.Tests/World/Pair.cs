using System.Buffers.Binary;

using Microsoft.Extensions.Time.Testing;

using Overlay.WireGuard.Protocol.Aead;
using Overlay.WireGuard.Protocol.Handshakes;

namespace Overlay.WireGuard.Tests.World;

/// <summary>Two nodes, a network between them that delivers at once, and a clock that stands still unless a test moves it.</summary>
internal sealed class Pair : IDisposable
{
    private readonly Queue<(Node To, Endpoint Source, byte[] Datagram)> _onTheWay = new();
    private bool _isDelivering;

    public Pair(IAeadProvider? aead = null, bool introduce = true)
    {
        A = new Node("192.0.2.1", 1, Clock, aead);
        B = new Node("192.0.2.2", 2, Clock, aead);
        A.Sent = (_, datagram) => Carry(A, B, datagram);
        B.Sent = (_, datagram) => Carry(B, A, datagram);
        if (introduce)
        {
            Node.Introduce(A, B);
        }
    }

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public Node A { get; }

    public Node B { get; }

    /// <summary>All datagrams sent, also those that were lost.</summary>
    public List<(Node From, byte[] Datagram)> Log { get; } = [];

    /// <summary>Whether a datagram is lost.</summary>
    public Func<Node, byte[], bool> Loses { get; set; } = (_, _) => false;

    public IEnumerable<byte[]> SentBy(Node node, int kind) => Log.Where(entry => entry.From == node && entry.Datagram[0] == kind).Select(entry => entry.Datagram);

    public void Connect()
    {
        A.Transmit(Packet("10.0.1.1", "10.0.2.1", 20));
        Assert.Single(B.Delivered);
        B.Delivered.Clear();
        Log.Clear();
    }

    /// <summary>Moves the clock from one due timer to the next.</summary>
    public void Advance(double seconds)
    {
        var end = A.Now + TimeSpan.FromSeconds(seconds);
        while (true)
        {
            var due = A.Engine.NextDue < B.Engine.NextDue ? A.Engine.NextDue : B.Engine.NextDue;
            if (due > end)
            {
                break;
            }

            Clock.Advance(due > A.Now ? due - A.Now : TimeSpan.Zero);
            A.RunTimers();
            B.RunTimers();
        }

        Clock.Advance(end - A.Now);
    }

    /// <summary>An IPv4 packet with this many bytes after its header.</summary>
    public static byte[] Packet(string source, string destination, int content)
    {
        var packet = new byte[20 + content];
        packet[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)packet.Length);
        System.Net.IPAddress.Parse(source).TryWriteBytes(packet.AsSpan(12), out _);
        System.Net.IPAddress.Parse(destination).TryWriteBytes(packet.AsSpan(16), out _);
        for (var i = 20; i < packet.Length; i++)
        {
            packet[i] = (byte)i;
        }

        return packet;
    }

    public void FromA(int content = 20) => A.Transmit(Packet("10.0.1.1", "10.0.2.1", content));

    public void FromB(int content = 20) => B.Transmit(Packet("10.0.2.1", "10.0.1.1", content));

    public void Dispose()
    {
        A.Dispose();
        B.Dispose();
    }

    private void Carry(Node from, Node to, byte[] datagram)
    {
        Log.Add((from, datagram.ToArray()));
        if (Loses(from, datagram))
        {
            return;
        }

        _onTheWay.Enqueue((to, from.Endpoint, datagram.ToArray()));
        if (_isDelivering)
        {
            return; // A receiver answers only after the sender has finished what it was doing.
        }

        _isDelivering = true;
        while (_onTheWay.TryDequeue(out var next))
        {
            next.To.Receive(next.Datagram, next.Source);
        }

        _isDelivering = false;
    }
}
