using System.Net;
using System.Net.Sockets;

using Overlay.Linux.Interop;
using Overlay.TestKit.Agents;
using Overlay.TestKit.Namespaces;
using Overlay.WireGuard.Control;
using Overlay.WireGuard.Device;

namespace Overlay.WireGuard.Tests.Device;

/// <summary>What others do to the interface, the device follows.</summary>
[Trait("Needs", "root")]
public sealed class DeviceLifeTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Link_DownAndUp_ClosesSocketsAndComesBack()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        await using var lab = await DeviceLab.StartAsync();
        await lab.AssertPingAsync("10.50.0.2");

        await Tool.RunAsync(lab.Left.Name, "ip link set wg0 down");
        await Deadline.UntilAsync(() => Listening(lab) == 0, () => "sockets are open", TestContext.Current.CancellationToken, 30);
        await Tool.RunAsync(lab.Left.Name, "ip link set wg0 up");
        await lab.AssertPingAsync("10.50.0.2");
        Assert.Equal(2, Listening(lab));
    }

    [Fact]
    public async Task Link_Deleted_ClosesTheDevice()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        await using var lab = await DeviceLab.StartAsync();

        await Tool.RunAsync(lab.Left.Name, "ip link del wg0");

        await lab.Devices[0].Closed.WaitAsync(_patience, TestContext.Current.CancellationToken);
        var refusal = await Assert.ThrowsAsync<WireGuardException>(() => lab.Devices[0].ReadAsync(CancellationToken.None).AsTask());
        Assert.Equal(Uapi.ENODEV, refusal.Errno);
        Assert.Equal(0, Listening(lab));
    }

    [Fact]
    public async Task Link_MovedToAnotherNamespace_IsFollowedThereAndSocketsStay()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        await using var lab = await DeviceLab.StartAsync();
        var (name, place) = TestNamespaces.Create("inner");
        using (place)
        {
            await Tool.RunAsync(lab.Left.Name, $"ip link set wg0 netns {name}");
            await Tool.RunAsync(name, "ip link set wg0 mtu 1300 name wg9");
            await Tool.RunAsync(name, "ip link set wg9 name wg0");
            await DeviceLab.SetUpAsync(name, 0);

            var answer = await Tool.RunAsync(name, "ping -c 2 -i 0.2 -W 10 -M do -s 1272 10.50.0.2");
            Assert.Contains(" 0% packet loss", answer, StringComparison.Ordinal);
            Assert.Equal(1300, lab.Devices[0].Plane.Mtu);
            Assert.Equal(2, Listening(lab));

            await Tool.RunAsync(name, "ip link set wg0 mtu 1280");
            await Deadline.UntilAsync(() => lab.Devices[0].Plane.Mtu == 1280, () => "the MTU is not followed", TestContext.Current.CancellationToken, 30);

            await Tool.RunAsync(name, "ip link del wg0");
            await lab.Devices[0].Closed.WaitAsync(_patience, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>The device holds nothing of the namespace that the interface was moved to.</summary>
    [Theory]
    [InlineData("up")]
    [InlineData("down")]
    public async Task Link_NamespaceDeleted_ClosesTheDevice(string state)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        await using var lab = await DeviceLab.StartAsync();
        var (name, place) = TestNamespaces.Create("inner");
        using (place)
        {
            await Tool.RunAsync(lab.Left.Name, $"ip link set wg0 netns {name}");
            await DeviceLab.SetUpAsync(name, 0);
            await Tool.RunAsync(name, "ping -c 1 -W 10 10.50.0.2");
            await Tool.RunAsync(name, $"ip link set wg0 {state}");
        }

        await lab.Devices[0].Closed.WaitAsync(_patience, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task ListenPort_Taken_IsRefusedAndTheOldOneStays()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        await using var lab = await DeviceLab.StartAsync(options => options.Queues = 2);
        using var occupant = Occupy(lab, 51999);

        var refusal = await Assert.ThrowsAsync<WireGuardException>(() => lab.Devices[0].ConfigureAsync(new WireGuardChange { ListenPort = 51999, ReplacePeers = true }, CancellationToken.None).AsTask());

        Assert.Equal(Uapi.EADDRINUSE, refusal.Errno);
        await lab.AssertPingAsync("10.50.0.2");
        using var state = await lab.ReadAsync(0);
        Assert.Equal((DeviceLab.Port, 1), (state.ListenPort, state.Peers.Count));
    }

    [Fact]
    public async Task ListenPort_Changed_PeerFollows()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        await using var lab = await DeviceLab.StartAsync();
        await lab.AssertPingAsync("10.50.0.2");

        await lab.Devices[0].ConfigureAsync(new WireGuardChange { ListenPort = 0, FirewallMark = 7 }, CancellationToken.None);
        await lab.AssertPingAsync("10.50.0.2");

        using var left = await lab.ReadAsync(0);
        using var right = await lab.ReadAsync(1);
        Assert.Equal(left.ListenPort, right.Peers[0].Endpoint!.Port);
        Assert.NotEqual(DeviceLab.Port, left.ListenPort);
        Assert.Equal(7u, left.FirewallMark);
    }

    [Fact]
    public async Task Up_PortTaken_IsTriedUntilItIsFree()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        await using var lab = await DeviceLab.StartAsync();
        await Tool.RunAsync(lab.Left.Name, "ip link set wg0 down");
        await Deadline.UntilAsync(() => Listening(lab) == 0, () => "sockets are open", TestContext.Current.CancellationToken, 30);
        using (Occupy(lab, DeviceLab.Port))
        {
            await Tool.RunAsync(lab.Left.Name, "ip link set wg0 up");
        }

        // Until one is answered.
        Assert.Contains("bytes from", await lab.PingAsync("10.50.0.2", 1, "-w 30"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_NameTaken_IsOneMessage()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        await using var lab = await DeviceLab.StartAsync();

        var refusal = Assert.Throws<WireGuardException>(() => lab.Left.Namespace.Run(() => UserspaceDevice.Open("wg0")));

        Assert.Equal("The interface wg0 cannot be made: Device or resource busy.", refusal.Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("sixteen-letters-")]
    [InlineData("wg%d")]
    [InlineData("..")]
    public void Open_NoName_IsRefused(string name) => Assert.Throws<ArgumentException>(() => UserspaceDevice.Open(name));

    /// <summary>As overlay-wg hands its descriptor to the process in the background.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Open_DescriptorOfAnother_TakesItOver(int queues)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        await using var lab = await DeviceLab.StartAsync();
        await lab.Devices[0].DisposeAsync();
        var options = new UserspaceDeviceOptions { Queues = queues, Mtu = 1400 };
        options.TunDescriptor = lab.Left.Namespace.Run(() => UserspaceDevice.OpenTun("wg0", options));
        lab.Devices[0] = lab.Left.Namespace.Run(() => UserspaceDevice.Open("wg0", options));
        await lab.Devices[0].ConfigureAsync(
            new WireGuardChange
            {
                PrivateKey = lab.Keys[0],
                Peers = [new WireGuardPeerChange(lab.Keys[1].PublicKey) { Endpoint = IPEndPoint.Parse("192.0.2.2:51820"), AllowedIps = [new AllowedIpChange(Core.Addressing.InetPrefix.Parse("10.50.0.2/32"))] }],
            }, CancellationToken.None);
        await DeviceLab.SetUpAsync(lab.Left.Name, 0);

        await lab.AssertPingAsync("10.50.0.2");
        Assert.Equal((1400, queues), (lab.Devices[0].Plane.Mtu, lab.Devices[0].FramesRead.Count));
    }

    [Fact]
    public async Task StartHandshakes_BeforeTheLinkIsUp_BeginWhenItIs()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        await using var lab = await DeviceLab.StartAsync();
        await Tool.RunAsync(lab.Left.Name, "ip link set wg0 down");
        await Deadline.UntilAsync(() => Listening(lab) == 0, () => "sockets are open", TestContext.Current.CancellationToken, 30);

        lab.Devices[0].StartHandshakes([lab.Keys[1].PublicKey, lab.Keys[0].PublicKey]);
        await Tool.RunAsync(lab.Left.Name, "ip link set wg0 up");

        await Deadline.UntilAsync(() => HasHandshake(lab), () => "no handshake", TestContext.Current.CancellationToken, 30);
    }

    private static bool HasHandshake(DeviceLab lab) => lab.Devices[0].Plane.Engine.Peers[0].LastHandshake is not null;

    /// <summary>How many sockets have the port in the left namespace.</summary>
    private static int Listening(DeviceLab lab) => lab.Left.Namespace.Run(() => ((string[])["udp", "udp6"]).Sum(family =>
        File.ReadLines($"/proc/thread-self/net/{family}").Count(line => line.Contains(":CA6C ", StringComparison.Ordinal))));

    private static Socket Occupy(DeviceLab lab, int port) => lab.Left.Namespace.Run(() =>
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Any, port));
        return socket;
    });
}
