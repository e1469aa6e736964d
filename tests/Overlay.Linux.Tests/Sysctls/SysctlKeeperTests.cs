using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;
using Overlay.Core.Addressing;
using Overlay.Core.Configuration;
using Overlay.Core.Diagnostics;
using Overlay.Linux.Netlink.Route;
using Overlay.Linux.Sysctls;
using Overlay.Linux.Underlay;
using Overlay.TestKit.Namespaces;
using Overlay.TestKit.Processes;
using Xunit;

namespace Overlay.Linux.Tests.SysctlRules;

/// <summary>The real settings of a namespace, and a folder in their place where a setting must not be writable.</summary>
[Trait("Needs", "root")]
public sealed class SysctlKeeperTests : IDisposable
{
    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(20);

    private readonly TestTopology _topology;
    private readonly TestHost _host;
    private readonly NetworkWatch _watch;
    private readonly FakeTimeProvider _clock = new();
    private readonly FakeLogCollector _logs = new();
    private readonly List<string> _folders = [];

    public SysctlKeeperTests()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        _topology = new TestTopology(new TestTopologyOptions { Hosts = 1, Families = AddressFamilies.Dual, Forwards = false });
        _host = _topology.Hosts[0];
        _watch = _host.Namespace.Run(() => new NetworkWatch(NullLogger<NetworkWatch>.Instance));
    }

    [Fact]
    public async Task Prepare_HostThatDoesNotForward_TurnsForwardingOn()
    {
        Assert.Equal("0", Read("net/ipv4/ip_forward"));

        await PrepareAsync(Keeper());

        Assert.Equal("1", Read("net/ipv4/ip_forward"));
        Assert.Equal("1", Read("net/ipv6/conf/all/forwarding"));
        Assert.Equal("1", Read("net/ipv6/conf/default/forwarding"));
    }

    [Fact]
    public async Task Prepare_DefaultRouteFromARouter_StaysWhenForwardingComesOn()
    {
        _topology.Network.Run(AdvertiseRouter);
        Until(() => _host.Route.ListRoutes(AddressFamily.InterNetworkV6).Any(IsAdvertised));

        await PrepareAsync(Keeper());

        Assert.Equal("1", Read("net/ipv6/conf/all/forwarding"));
        Assert.Equal("2", Read("net/ipv6/conf/eth0/accept_ra"));
        Assert.Contains(_host.Route.ListRoutes(AddressFamily.InterNetworkV6), IsAdvertised);

        bool IsAdvertised(RouteMessage route) => route is { Destination.Length: 0, Protocol: 9 };
    }

    [Fact]
    public async Task Prepare_SettingsThatCannotBeWritten_AreNamedWithTheCommands()
    {
        var folder = Folder(("net/ipv4/ip_forward", null), ("net/ipv6/conf/all/forwarding", null));

        var refusal = await Assert.ThrowsAsync<OverlayException>(() => PrepareAsync(Keeper(folder)));

        Assert.Contains("net.ipv4.ip_forward is ", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("(permission denied): the host does not forward the packets of its workloads", refusal.Message, StringComparison.Ordinal);
        Assert.EndsWith("; run on this node: sysctl -w net.ipv4.ip_forward=1 && sysctl -w net.ipv6.conf.all.forwarding=1", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Prepare_KernelWithoutIPv6_SaysSo()
    {
        var refusal = await Assert.ThrowsAsync<OverlayException>(() => PrepareAsync(Keeper(Folder(("net/ipv4/ip_forward", "1")))));

        Assert.StartsWith("net.ipv6.conf.all.forwarding does not exist", refusal.Message, StringComparison.Ordinal);
        Assert.EndsWith("load the kernel's ipv6 module, or set EnableIPv6 to false", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keep_DeviceComesGoesAndComesBack_HasItsSettingsEachTime()
    {
        Sysctl.Write(_host.Namespace, "net/ipv4/conf/all/rp_filter", "1");
        using var kept = Keep(Keeper());
        for (var round = 0; round < 2; round++)
        {
            await IpAsync("link add flannel.1 type vxlan id 1 dstport 8472 dev eth0");
            Until(() => TryRead("net/ipv4/conf/flannel.1/rp_filter") == "2" && TryRead("net/ipv6/conf/flannel.1/accept_ra") == "0");
            await IpAsync("link del flannel.1");
        }
    }

    [Fact]
    public void Keep_SomebodyTurnsForwardingOff_IsTurnedOnAgain()
    {
        using var kept = Keep(Keeper());
        Until(() => Read("net/ipv4/ip_forward") == "1");

        Sysctl.Write(_host.Namespace, "net/ipv4/ip_forward", "0");
        Until(() => Read("net/ipv4/ip_forward") == "1");
        Sysctl.Write(_host.Namespace, "net/ipv6/conf/eth0/forwarding", "0");
        Until(() => Read("net/ipv6/conf/eth0/forwarding") == "1");
    }

    [Fact]
    public void Keep_AnotherProgramInsists_GivesWayAndSaysSoAndTriesAgainLater()
    {
        var faults = new List<string?>();
        using var kept = Keep(Keeper(), fault =>
        {
            lock (faults)
            {
                faults.Add(fault);
            }
        });
        string? Fault()
        {
            lock (faults)
            {
                return faults.LastOrDefault();
            }
        }

        for (var i = 0; Fault() is null; i++)
        {
            Assert.True(i < 100, "it never gave way");
            Sysctl.Write(_host.Namespace, "net/ipv4/ip_forward", "0");
            Until(() => Read("net/ipv4/ip_forward") == "1" || Fault() is not null);
        }

        Assert.Contains("(another program sets it again and again)", Fault(), StringComparison.Ordinal);
        Assert.Equal("0", Read("net/ipv4/ip_forward"));
        Until(() =>
        {
            _clock.Advance(SysctlPatience.Pause);
            return Fault() is null;
        });
        Assert.Equal("1", Read("net/ipv4/ip_forward"));
    }

    [Fact]
    public void Keep_FilterThatCannotBeLoosened_IsAdviceAndNoFault()
    {
        var folder = Folder(
            ("net/ipv4/ip_forward", "1"), ("net/ipv6/conf/all/forwarding", "1"), ("net/ipv4/conf/all/rp_filter", "1"), ("net/ipv4/conf/flannel.1/rp_filter", null));
        var faults = new List<string?>();
        using var kept = Keep(Keeper(folder), faults.Add);

        Until(() => _logs.Count > 0);
        Assert.Contains("run on this node: sysctl -w net.ipv4.conf.flannel/1.rp_filter=2", _logs.LatestRecord.Message, StringComparison.Ordinal);
        Assert.Equal(LogLevel.Error, _logs.LatestRecord.Level);
        Assert.Empty(faults);
    }

    // RFC 4861, section 4.2: type 134, code, checksum (the kernel's), hop limit, flags, lifetime of 1800 s, two timers. It must come with hop limit 255.
    private static void AdvertiseRouter()
    {
        using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Raw, ProtocolType.IcmpV6);
        using var route = new RouteNetlink();
        var link = route.FindLink("br0")!.Index;
        socket.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.MulticastTimeToLive, 255);
        socket.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.MulticastInterface, link);
        socket.SendTo(Convert.FromHexString("86000000" + "40000708" + "0000000000000000"), new IPEndPoint(IPAddress.Parse($"ff02::1%{link}"), 0));
    }

    public void Dispose()
    {
        _watch?.Dispose();
        _topology?.Dispose();
        _folders.ForEach(folder => Directory.Delete(folder, recursive: true));
    }

    private SysctlKeeper Keeper(string folder = "/proc/sys") => new(_watch, new SysctlFiles(folder), _clock, new FakeLogger<SysctlKeeper>(_logs));

    private static IDisposable Keep(SysctlKeeper keeper, Action<string?>? report = null) =>
        keeper.Keep(new SysctlDemand(AddressFamilies.Dual, "eth0", ["flannel.1"]), report ?? (_ => { }));

    private static async Task PrepareAsync(SysctlKeeper keeper) => await new ForwardingPreparation(keeper).PrepareAsync(
        new NetworkConfiguration
        {
            Network = new SubnetPair(IPNetwork.Parse("10.244.0.0/16"), IPNetwork.Parse("2001:cafe:42::/56")),
            Backend = new BackendConfiguration("vxlan", "{}"),
        },
        TestContext.Current.CancellationToken);

    // A setting without a value cannot be written even by root: it is a read-only one of the real kernel.
    private string Folder(params (string Path, string? Value)[] settings)
    {
        var root = Directory.CreateTempSubdirectory("ovbackends").FullName;
        _folders.Add(root);
        foreach (var (path, value) in settings)
        {
            var file = Path.Combine(root, path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            if (value is null)
            {
                File.CreateSymbolicLink(file, "/proc/sys/net/ipv4/conf/all/mc_forwarding");
            }
            else
            {
                File.WriteAllText(file, value);
            }
        }

        return root;
    }

    private string Read(string path) => Sysctl.Read(_host.Namespace, path);

    private string? TryRead(string path) => _host.Namespace.Run(() => new SysctlFiles().Read(path));

    private Task<string> IpAsync(string arguments) => ChildProcess.RunAsync(_host.Name, "ip", arguments.Split(' '));

    private void Until(Func<bool> condition) => KernelWatch.Until(_host.Namespace, _ => condition(), _deadline);
}
