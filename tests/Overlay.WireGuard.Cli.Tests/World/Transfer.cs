using System.Net;
using System.Net.Sockets;

namespace Overlay.WireGuard.Cli.Tests.World;

/// <summary>Moves bytes from one namespace to another and compares every one of them.</summary>
internal static class Transfer
{
    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(60);

    /// <summary>One TCP connection that carries so many bytes.</summary>
    public static async Task TcpAsync(Space from, Space to, string address, int bytes = 4_000_000)
    {
        using var deadline = new CancellationTokenSource(_deadline);
        var target = IPAddress.Parse(address);
        using var listener = Open(to, target, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(target, 0));
        listener.Listen();
        using var client = Open(from, target, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(listener.LocalEndPoint!, deadline.Token);
        using var server = await listener.AcceptAsync(deadline.Token);

        var sent = Bytes(bytes);
        var received = new byte[bytes + 1];
        var sending = SendAllAsync(client, sent, deadline.Token);
        var count = 0;
        for (int length; (length = await server.ReceiveAsync(received.AsMemory(count), deadline.Token)) > 0;)
        {
            count += length;
        }

        await sending;
        Assert.True(sent.AsSpan().SequenceEqual(received.AsSpan(0, count)), $"{count} of {bytes} bytes came over TCP, or not the same.");
    }

    /// <summary>Datagrams of each size, each sent when the one before has arrived.</summary>
    public static async Task UdpAsync(Space from, Space to, string address, params int[] sizes)
    {
        var target = IPAddress.Parse(address);
        using var receiver = Open(to, target, SocketType.Dgram, ProtocolType.Udp);
        receiver.Bind(new IPEndPoint(target, 0));
        using var sender = Open(from, target, SocketType.Dgram, ProtocolType.Udp);
        sender.Connect(receiver.LocalEndPoint!);
        var buffer = new byte[65_536];
        foreach (var size in sizes)
        {
            using var deadline = new CancellationTokenSource(_deadline);
            var sent = Bytes(size);
            await sender.SendAsync(sent, deadline.Token);
            var length = await receiver.ReceiveAsync(buffer, deadline.Token);
            Assert.True(sent.AsSpan().SequenceEqual(buffer.AsSpan(0, length)), $"A datagram of {size} bytes came as one of {length}, or not the same.");
        }
    }

    private static async Task SendAllAsync(Socket client, byte[] bytes, CancellationToken cancellationToken)
    {
        for (var count = 0; count < bytes.Length;)
        {
            count += await client.SendAsync(bytes.AsMemory(count), cancellationToken);
        }

        client.Shutdown(SocketShutdown.Send);
    }

    private static Socket Open(Space space, IPAddress address, SocketType type, ProtocolType protocol) =>
        space.Namespace.Run(() => new Socket(address.AddressFamily, type, protocol));

    private static byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }
}
