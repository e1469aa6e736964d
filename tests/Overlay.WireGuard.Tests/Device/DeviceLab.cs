using System.Globalization;
using System.Net;
using System.Net.Sockets;

using Overlay.Core.Addressing;
using Overlay.TestKit.Agents;
using Overlay.TestKit.Namespaces;
using Overlay.WireGuard.Control;
using Overlay.WireGuard.Device;
using Overlay.WireGuard.Protocol.Keys;

namespace Overlay.WireGuard.Tests.Device;

/// <summary>Two hosts with a device each, whose tunnel is 10.50.0.1 and .2, fd50::1 and ::2:
/// <code>
///   host1: wg0 10.50.0.1                      host2: wg0 10.50.0.2
///          eth0 192.0.2.1, 2001:db8::1               eth0 192.0.2.2, 2001:db8::2
/// </code></summary>
internal sealed class DeviceLab : IAsyncDisposable
{
    public const ushort Port = 51820;

    private DeviceLab(TestTopology topology) => Topology = topology;

    public TestTopology Topology { get; }

    public TestHost Left => Topology.Hosts[0];

    public TestHost Right => Topology.Hosts[1];

    public PrivateKey[] Keys { get; } = [PrivateKey.Generate(), PrivateKey.Generate()];

    public UserspaceDevice[] Devices { get; } = new UserspaceDevice[2];

    /// <summary>Opens, configures and sets up both.</summary>
    public static async Task<DeviceLab> StartAsync(Action<UserspaceDeviceOptions>? configure = null, bool overIPv6 = false, int underlayMtu = 1500)
    {
        var lab = new DeviceLab(new TestTopology(new TestTopologyOptions { Hosts = 2, Families = AddressFamilies.IPv4 | AddressFamilies.IPv6, Mtu = underlayMtu }));
        try
        {
            for (var i = 0; i < 2; i++)
            {
                var options = new UserspaceDeviceOptions();
                configure?.Invoke(options);
                lab.Devices[i] = lab.Topology.Hosts[i].Namespace.Run(() => UserspaceDevice.Open("wg0", options));
                await lab.ConfigureAsync(i, overIPv6);
                await SetUpAsync(lab.Topology.Hosts[i].Name, i);
            }

            // They learn of it a moment later; an initiation that came earlier would be sent again after five seconds.
            await Deadline.UntilAsync(() => lab.Devices.All(device => device.Plane.IsUp), () => "a device is not up", CancellationToken.None, 30);
            return lab;
        }
        catch
        {
            await lab.DisposeAsync();
            throw;
        }
    }

    public static async Task SetUpAsync(string networkNamespace, int index)
    {
        await Tool.RunAsync(networkNamespace, string.Create(CultureInfo.InvariantCulture, $"ip address add 10.50.0.{index + 1}/24 dev wg0"));
        await Tool.RunAsync(networkNamespace, string.Create(CultureInfo.InvariantCulture, $"ip address add fd50::{index + 1}/64 dev wg0 nodad"));
        await Tool.RunAsync(networkNamespace, "ip link set wg0 up");
    }

    /// <summary>Another device on a host, to the other host's other one: wg1, port 51821, 10.51.0.1 and .2, with the same keys.</summary>
    public async Task<UserspaceDevice> OpenSecondAsync(int index)
    {
        var host = Topology.Hosts[index];
        var device = host.Namespace.Run(() => UserspaceDevice.Open("wg1"));
        await device.ConfigureAsync(
            new WireGuardChange
            {
                PrivateKey = Keys[index],
                ListenPort = Port + 1,
                Peers =
                [
                    new WireGuardPeerChange(Keys[1 - index].PublicKey)
                    {
                        Endpoint = new IPEndPoint(Topology.Hosts[1 - index].Addresses.IPv4!, Port + 1),
                        AllowedIps = [new AllowedIpChange(InetPrefix.Parse("10.51.0.0/24"))],
                    },
                ],
            }, CancellationToken.None);
        await Tool.RunAsync(host.Name, string.Create(CultureInfo.InvariantCulture, $"ip address add 10.51.0.{index + 1}/24 dev wg1"));
        await Tool.RunAsync(host.Name, "ip link set wg1 up");
        return device;
    }

    public Task ConfigureAsync(int index, WireGuardPeerChange peer) =>
        Devices[index].ConfigureAsync(new WireGuardChange { Peers = [peer] }, CancellationToken.None).AsTask();

    public WireGuardPeerChange PeerOf(int index, IPEndPoint? endpoint = null, TimeSpan? keepalive = null) =>
        new(Keys[1 - index].PublicKey) { Endpoint = endpoint, PersistentKeepalive = keepalive };

    public async Task<WireGuardDeviceState> ReadAsync(int index) => await Devices[index].ReadAsync(CancellationToken.None);

    public async Task<string> PingAsync(string destination, int count = 2, string options = "")
    {
        var result = await Tool.TryRunAsync(Left.Name, "ping", $"-c {count} -i 0.2 -W 10 {options} {destination}".Split(' ', StringSplitOptions.RemoveEmptyEntries));
        return result.Text;
    }

    // For the last answer ping waits no longer than the interval or two round trips, whatever -W says.
    public async Task AssertPingAsync(string destination, int count = 2, string options = "")
    {
        var text = await PingAsync(destination, count, options);
        Assert.True(text.Contains(" 0% packet loss", StringComparison.Ordinal), text);
    }

    /// <summary>Sends random bytes over TCP from the left to the right, or the other way, and compares them there.</summary>
    public async Task TransferAsync(string address, int bytes, int flows = 1, bool backwards = false)
    {
        var (from, to) = backwards ? (Right, Left) : (Left, Right);
        using var listener = to.Namespace.Run(() =>
        {
            var socket = new Socket(IPAddress.Parse(address).AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
            socket.Listen(flows);
            return socket;
        });
        var receiving = Enumerable.Range(0, flows).Select(async _ =>
        {
            using var socket = await listener.AcceptAsync();
            var received = new byte[bytes + 1];
            var count = 0;
            for (int got; (got = await socket.ReceiveAsync(received.AsMemory(count))) > 0;)
            {
                count += got;
            }

            return received[..count];
        }).ToArray();
        var content = SegmenterTests.Payload(bytes, bytes);
        await Task.WhenAll(Enumerable.Range(0, flows).Select(async _ =>
        {
            using var socket = from.Namespace.Run(() => new Socket(IPAddress.Parse(address).AddressFamily, SocketType.Stream, ProtocolType.Tcp));
            await socket.ConnectAsync(listener.LocalEndPoint!);
            for (var sent = 0; sent < bytes;)
            {
                sent += await socket.SendAsync(content.AsMemory(sent));
            }
        }));
        foreach (var received in await Task.WhenAll(receiving).WaitAsync(TimeSpan.FromSeconds(120)))
        {
            Assert.True(content.AsSpan().SequenceEqual(received), $"{received.Length} of {bytes} bytes, or others");
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var device in Devices.OfType<UserspaceDevice>())
        {
            await device.DisposeAsync();
        }

        Array.ForEach(Keys, key => key.Dispose());
        Topology.Dispose();
    }

    private async Task ConfigureAsync(int index, bool overIPv6)
    {
        var other = Topology.Hosts[1 - index].Addresses;
        await Devices[index].ConfigureAsync(new WireGuardChange
        {
            PrivateKey = Keys[index],
            ListenPort = Port,
            Peers =
            [
                new WireGuardPeerChange(Keys[1 - index].PublicKey)
                {
                    Endpoint = new IPEndPoint((overIPv6 ? other.IPv6 : other.IPv4)!, Port),
                    AllowedIps =
                    [
                        new AllowedIpChange(InetPrefix.Parse(string.Create(CultureInfo.InvariantCulture, $"10.50.0.{2 - index}/32"))),
                        new AllowedIpChange(InetPrefix.Parse(string.Create(CultureInfo.InvariantCulture, $"fd50::{2 - index}/128"))),
                    ],
                },
            ],
        }, CancellationToken.None);
    }
}
