using System.Net;
using System.Net.Sockets;

using Overlay.Core.Addressing;
using Overlay.TestKit.Agents;
using Overlay.WireGuard.Control;
using Overlay.WireGuard.Protocol.Keys;

namespace Overlay.WireGuard.Tests.Device;

/// <summary>All that may change, again and again, while both directions carry as much as they can.</summary>
[Trait("Needs", "root")]
[Collection(nameof(DeviceStressTests))]
[CollectionDefinition(nameof(DeviceStressTests), DisableParallelization = true)]
public sealed class DeviceStressTests
{
    // Each of the five changes comes so often on each device in a round.
    private const int Times = 6;
    private const int Rounds = 3;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Change_AnythingUnderTraffic_GoesOnAndLeavesNothing(int queues)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        await using var lab = await DeviceLab.StartAsync(options => options.Queues = queues);
        var random = new Random(queues);
        var before = (Descriptors: 0, Memory: 0L);
        for (var round = 0; round < Rounds; round++)
        {
            await using (var traffic = new Traffic(lab, flows: 2 * queues))
            {
                await traffic.WaitAsync();
                var changes = Enumerable.Range(0, Times).SelectMany(_ => Enumerable.Range(0, 10)).ToArray();
                random.Shuffle(changes);
                foreach (var change in changes)
                {
                    await ChangeAsync(lab, change / 2, change % 2);
                    await GoOnAsync(lab);
                }

                await traffic.WaitAsync();
            }

            await Deadline.UntilAsync(() => Threads() == 2 * (queues + 2), () => $"{Threads()} threads of the devices", TestContext.Current.CancellationToken, 30);
            await lab.AssertPingAsync("10.50.0.2", 5);
            var after = (Descriptors: Directory.GetFiles("/proc/self/fd").Length, Memory: GC.GetTotalMemory(forceFullCollection: true));
            if (round == 0)
            {
                // Until everything was made that is kept.
                before = after;
            }

            // One direction of one queue takes more, be it left over.
            Assert.InRange(after.Descriptors - before.Descriptors, int.MinValue, 2);
            Assert.InRange(after.Memory - before.Memory, long.MinValue, 3_000_000);
        }
    }

    private static async Task ChangeAsync(DeviceLab lab, int change, int index)
    {
        var (device, host) = (lab.Devices[index], lab.Topology.Hosts[index]);
        switch (change)
        {
            case 0:
                var former = lab.Keys[index];
                lab.Keys[index] = PrivateKey.Generate();
                await device.ConfigureAsync(new WireGuardChange { PrivateKey = lab.Keys[index] }, CancellationToken.None);
                await lab.ConfigureAsync(1 - index, new WireGuardPeerChange(former.PublicKey) { Remove = true });
                await AddAsync(lab, 1 - index);
                former.Dispose();
                break;
            case 1:
                await lab.ConfigureAsync(index, new WireGuardPeerChange(lab.Keys[1 - index].PublicKey) { Remove = true });
                await AddAsync(lab, index);
                break;
            case 2:
                await device.ConfigureAsync(new WireGuardChange { ListenPort = 0 }, CancellationToken.None);
                await device.ConfigureAsync(new WireGuardChange { ListenPort = DeviceLab.Port }, CancellationToken.None);
                break;
            case 3:
                await Tool.RunAsync(host.Name, $"ip link set wg0 mtu {(device.Plane.Mtu == 1420 ? 1300 : 1420)}");
                break;
            default:
                await Tool.RunAsync(host.Name, "ip link set wg0 down");
                await Tool.RunAsync(host.Name, "ip link set wg0 up");
                break;
        }
    }

    private static Task AddAsync(DeviceLab lab, int index) => lab.ConfigureAsync(index, new WireGuardPeerChange(lab.Keys[1 - index].PublicKey)
    {
        Endpoint = new IPEndPoint(lab.Topology.Hosts[1 - index].Addresses.IPv4!, DeviceLab.Port),
        AllowedIps = [new AllowedIpChange(InetPrefix.Parse($"10.50.0.{2 - index}/32"))],
    });

    /// <summary>The threads read on, whether there is a session or not.</summary>
    private static async Task GoOnAsync(DeviceLab lab)
    {
        foreach (var device in lab.Devices)
        {
            var frames = device.FramesRead.Sum();
            await Deadline.UntilAsync(() => device.FramesRead.Sum() > frames + 300, () => "a device reads nothing any more", TestContext.Current.CancellationToken, 30);
        }
    }

    private static int Threads() => Directory.GetDirectories("/proc/self/task").Count(IsOfADevice);

    private static bool IsOfADevice(string task)
    {
        try
        {
            return File.ReadAllText(Path.Combine(task, "comm")).StartsWith("wireguard", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false; // It has just ended.
        }
    }

    /// <summary>Datagrams in both directions, as many as go.</summary>
    private sealed class Traffic : IAsyncDisposable
    {
        private readonly List<UdpClient> _sockets = [];
        private readonly List<Thread> _threads = [];
        private readonly int[] _arrived;
        private volatile bool _isStopping;

        public Traffic(DeviceLab lab, int flows)
        {
            _arrived = new int[2 * flows];
            for (var i = 0; i < _arrived.Length; i++)
            {
                var (flow, from, to) = (i, lab.Topology.Hosts[i % 2], lab.Topology.Hosts[1 - (i % 2)]);
                var receiver = to.Namespace.Run(() => new UdpClient(new IPEndPoint(IPAddress.Parse($"10.50.0.{2 - (flow % 2)}"), 0)));
                var sender = from.Namespace.Run(() => new UdpClient(AddressFamily.InterNetwork));
                receiver.Client.ReceiveTimeout = 100;
                var destination = (IPEndPoint)receiver.Client.LocalEndPoint!;
                _sockets.AddRange([receiver, sender]);
                Start(() => sender.Send(new byte[400], destination));
                Start(() =>
                {
                    IPEndPoint? source = null;
                    receiver.Receive(ref source);
                    Interlocked.Increment(ref _arrived[flow]);
                });
            }
        }

        /// <summary>Until all of them arrive (again). A handshake is tried again after five seconds.</summary>
        public async Task WaitAsync()
        {
            int[] before = [.. _arrived];
            await Deadline.UntilAsync(
                () => _arrived.Zip(before).All(pair => pair.First > pair.Second + 100), () => $"{string.Join(' ', before)}: {string.Join(' ', _arrived)}", TestContext.Current.CancellationToken, 60);
        }

        public ValueTask DisposeAsync()
        {
            _isStopping = true;
            _threads.ForEach(thread => thread.Join());
            _sockets.ForEach(socket => socket.Dispose());
            return ValueTask.CompletedTask;
        }

        private void Start(Action again)
        {
            var thread = new Thread(() =>
            {
                while (!_isStopping)
                {
                    try
                    {
                        again();
                    }
                    catch (SocketException)
                    {
                        // The interface is down, or nothing comes: this is what happens here.
                        Thread.Yield();
                    }
                }
            });
            thread.Start();
            _threads.Add(thread);
        }
    }
}
