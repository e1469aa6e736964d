using System.Net.Sockets;
using Overlay.Core.Addressing;
using Overlay.Linux.Interop;
using Overlay.TestKit.Agents;
using Overlay.TestKit.Namespaces;
using Xunit;

namespace Overlay.Linux.Tests.Interop;

/// <remarks>Alone: a process that another test starts holds our sockets, and so their ports, between its fork and its exec.</remarks>
[Trait("Needs", "root")]
[Collection(nameof(UdpSocketTests))]
[CollectionDefinition(nameof(UdpSocketTests), DisableParallelization = true)]
public sealed class UdpSocketTests
{
    private const int Size = 64;

    /// <summary>A firewall that refuses some datagrams of a train, which sendmmsg stops at.</summary>
    [Theory]
    [InlineData(new byte[] { 0 })]
    [InlineData(new byte[] { 1, 2, 4 })]
    [InlineData(new byte[] { 4 })]
    [InlineData(new byte[] { 0, 1, 2, 3, 4 })]
    public async Task Send_SomeOfATrainAreRefused_TheOthersArrive(byte[] refused)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        var (name, place) = TestNamespaces.Create("udp");
        using var _ = place;
        await Tool.RunAsync(name, "ip link set lo up");
        await Tool.FeedAsync(name, "nft -f", $$"""
            table inet refusing {
              chain out {
                type filter hook output priority 0
                @th,64,8 { {{string.Join(',', refused)}} } drop
              }
            }
            """);
        using var sender = Open(place);
        using var receiver = Open(place);
        Assert.Equal(0, receiver.GetPort(out var port));
        sender.SegmentsTrains = false;
        var train = Enumerable.Range(0, 5).SelectMany(number => Enumerable.Repeat((byte)number, Size)).ToArray();

        var result = sender.Send(new OutgoingDatagrams { Bytes = train, SegmentSize = Size, Path = new DatagramPath(InetAddress.Parse("127.0.0.1"), port, 0, default, 0) });

        Assert.Equal(new SendResult(refused.Length, Uapi.EPERM), result);
        Assert.Equal([.. Enumerable.Range(0, 5).Select(number => (byte)number).Except(refused)], Receive(receiver));
    }

    /// <summary>A socket is mostly being polled or sent by when it is closed, and its port may be wanted again at once.</summary>
    [Fact]
    public void Dispose_WhileOthersUseIt_FreesThePort()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        // In a namespace of its own, where nobody else takes the port meanwhile.
        using var place = Overlay.Linux.Namespaces.NetworkNamespace.Create();
        place.Run(DisposeWhileOthersUseIt);
    }

    private static void DisposeWhileOthersUseIt()
    {
        ushort port = 0;
        for (var i = 0; i < 50; i++)
        {
            Assert.Equal(0, UdpSocket.Open(AddressFamily.InterNetwork, out var socket));
            Assert.Equal(0, socket.Bind(port));
            Assert.Equal(0, socket.GetPort(out port));
            using var isPolled = new ManualResetEventSlim();
            var user = new Thread(() =>
            {
                using var use = new DescriptorUse(socket.Handle);
                isPolled.Set();
                DescriptorPoll.Wait(socket.Handle, TimeSpan.FromMilliseconds(5));
            });
            user.Start();
            isPolled.Wait(TestContext.Current.CancellationToken);

            socket.Dispose();

            Assert.Equal(0, UdpSocket.Open(AddressFamily.InterNetwork, out var next));
            Assert.Equal(0, next.Bind(port));
            next.Dispose();
            user.Join();
        }
    }

    private static UdpSocket Open(Overlay.Linux.Namespaces.NetworkNamespace place) => place.Run(() =>
    {
        Assert.Equal(0, UdpSocket.Open(AddressFamily.InterNetwork, out var socket));
        Assert.Equal(0, socket.Bind(0));
        return socket;
    });

    // On loopback a datagram has arrived when it was sent.
    private static List<byte> Receive(UdpSocket socket)
    {
        using var inbox = new UdpInbox();
        var received = new List<byte>();
        while (socket.Receive(inbox) == 0)
        {
            for (var i = 0; i < inbox.Count; i++)
            {
                Assert.Equal(Size, inbox.Bytes(i).Length);
                received.Add(inbox.Bytes(i)[0]);
            }
        }

        return received;
    }
}
