using System.Net;

using Overlay.Core.Addressing;
using Overlay.Linux.Namespaces;
using Overlay.Linux.Netlink.Route;
using Overlay.WireGuard.Control;
using Overlay.WireGuard.Control.Kernel;
using Overlay.WireGuard.Protocol.Keys;

namespace Overlay.WireGuard.Tests.Control.Kernel;

/// <summary>The kernel's module itself. Where it is missing, <see cref="KernelMachineTests"/> runs these tests in a machine that has it.</summary>
[Trait("Needs", "root")]
public sealed class KernelDeviceTests : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);
    private readonly NetworkNamespace? _namespace;

    public KernelDeviceTests()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        Assert.SkipUnless(KernelDevice.IsSupported(), "this kernel has no WireGuard; KernelMachineTests boots one that has");
        _namespace = NetworkNamespace.Create();
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _namespace?.Dispose();

    [Fact]
    public async Task Create_GivesAnEmptyDevice_AndDeleteTakesItAway()
    {
        await using var device = _namespace!.Run(() => KernelDevice.Create("wg0", 1380));

        using (var state = await device.ReadAsync(Cancelled))
        {
            Assert.Null(state.PrivateKey);
            Assert.Empty(state.Peers);
        }

        Assert.Equal((1380, "wireguard"), _namespace.Run(() => Find("wg0") is { } link ? (link.Mtu, link.Kind) : default));
        device.Delete();
        await device.Closed.WaitAsync(_patience, Cancelled);
        Assert.Equal(19, (await Assert.ThrowsAsync<WireGuardException>(() => device.ReadAsync(Cancelled).AsTask())).Errno);
    }

    [Fact]
    public async Task Dispose_LeavesTheDeviceStanding_AndOpenFindsItAgain()
    {
        var first = _namespace!.Run(() => KernelDevice.Create("wg0"));
        await first.ConfigureAsync(new WireGuardChange { ListenPort = 1234 }, Cancelled);
        await first.DisposeAsync();
        await first.Closed.WaitAsync(_patience, Cancelled);

        await using var second = _namespace.Run(() => KernelDevice.Open("wg0"));

        using var state = await second.ReadAsync(Cancelled);
        Assert.Equal(1234, state.ListenPort);
    }

    [Fact]
    public void Open_WhereThereIsNone_OrCreateWhereThereIsOne_SaysSo()
    {
        _namespace!.Run(() =>
        {
            Assert.Equal(19, Assert.Throws<WireGuardException>(() => KernelDevice.Open("wg0")).Errno);
            Assert.Equal(17, Assert.Throws<WireGuardException>(() => KernelDevice.Open("lo")).Errno);
            Assert.Equal(17, Assert.Throws<WireGuardException>(() => KernelDevice.Create("lo")).Errno);
        });
    }

    [Fact]
    public async Task Deletion_BehindOurBack_CompletesClosed()
    {
        await using var device = _namespace!.Run(() => KernelDevice.Create("wg0"));
        Assert.False(device.Closed.IsCompleted);

        _namespace.Run(() =>
        {
            using var route = new RouteNetlink();
            route.Execute(batch => batch.DeleteLink("wg0"));
        });

        await device.Closed.WaitAsync(_patience, Cancelled);
    }

    [Fact]
    public async Task Configure_500Peers_ReadsBackTheSame()
    {
        await using var device = _namespace!.Run(() => KernelDevice.Create("wg0"));
        using var key = PrivateKey.Generate();
        using var preshared = PresharedKey.Import(Enumerable.Repeat((byte)7, 32).ToArray());
        var peers = Enumerable.Range(1, 500).Select(number => new WireGuardPeerChange(Name(number))
        {
            PresharedKey = number % 2 == 0 ? preshared : null,
            Endpoint = number % 3 == 0 ? new IPEndPoint(IPAddress.Parse("2001:db8::1"), number) : new IPEndPoint(IPAddress.Parse("192.0.2.1"), number),
            PersistentKeepalive = TimeSpan.FromSeconds(number % 5),
            AllowedIps = [Allow($"10.{number >> 8}.{number & 255}.0/24"), Allow($"2001:db8:{number:x}::/48")],
        }).ToArray();

        await device.ConfigureAsync(new WireGuardChange { PrivateKey = key, ListenPort = 51820, FirewallMark = 7, Peers = peers }, Cancelled);

        using var state = await device.ReadAsync(Cancelled);
        Assert.Equal((key.PublicKey, (ushort)51820, 7u), (state.PublicKey!.Value, state.ListenPort, state.FirewallMark));
        Assert.Equal(peers.Select(Describe), state.Peers.Select(Describe));
    }

    [Fact]
    public async Task Configure_OnePeerWith5000Prefixes_ReadsBackAll()
    {
        await using var device = _namespace!.Run(() => KernelDevice.Create("wg0"));
        var prefixes = Enumerable.Range(0, 5000).Select(i => Allow($"10.{i >> 8}.{i & 255}.0/24")).ToArray();

        await device.ConfigureAsync(new WireGuardChange { Peers = [new(Name(1)) { ReplaceAllowedIps = true, AllowedIps = prefixes }, new(Name(2))] }, Cancelled);

        using var state = await device.ReadAsync(Cancelled);
        Assert.Equal([Name(1), Name(2)], state.Peers.Select(peer => peer.PublicKey));
        Assert.Equal(prefixes.Select(allowed => allowed.Prefix).Order(PrefixOrder), state.Peers[0].AllowedIps.Order(PrefixOrder));
    }

    [Fact]
    public async Task Change_OfWhatIsThere_LeavesTheRest()
    {
        await using var device = _namespace!.Run(() => KernelDevice.Create("wg0"));
        using var preshared = PresharedKey.Import(Enumerable.Repeat((byte)7, 32).ToArray());
        await device.ConfigureAsync(new WireGuardChange { Peers = [new(Name(1)) { PresharedKey = preshared, AllowedIps = [Allow("10.1.0.0/16"), Allow("10.2.0.0/16")] }, new(Name(2)), new(Name(3))] }, Cancelled);

        await device.ConfigureAsync(new WireGuardChange
        {
            Peers =
            [
                new(Name(1)) { AllowedIps = [new(InetPrefix.Parse("10.2.0.0/16"), IsRemoval: true)] },
                new(Name(2)) { Remove = true },
                new(Name(3)) { AllowedIps = [Allow("10.2.0.0/16")] },
                new(Name(4)) { UpdateOnly = true, AllowedIps = [Allow("10.1.0.0/16")] },
            ],
        }, Cancelled);

        using (var state = await device.ReadAsync(Cancelled))
        {
            Assert.Equal([Name(1), Name(3)], state.Peers.Select(peer => peer.PublicKey));
            Assert.Equal([InetPrefix.Parse("10.1.0.0/16")], state.Peers[0].AllowedIps);
            Assert.Equal([InetPrefix.Parse("10.2.0.0/16")], state.Peers[1].AllowedIps);
            Assert.NotNull(state.Peers[0].PresharedKey);
        }

        await device.ConfigureAsync(new WireGuardChange { ReplacePeers = true, Peers = [new(Name(1)) { RemovePresharedKey = true }] }, Cancelled);

        using var last = await device.ReadAsync(Cancelled);
        Assert.Null(Assert.Single(last.Peers).PresharedKey);
    }

    [Fact]
    public async Task Configure_OfATakenPort_IsRefused_AndNothingChanges()
    {
        await using var first = _namespace!.Run(() => KernelDevice.Create("wg0"));
        await using var second = _namespace.Run(() => KernelDevice.Create("wg1"));
        await first.ConfigureAsync(new WireGuardChange { ListenPort = 51820 }, Cancelled);
        _namespace.Run(() =>
        {
            using var route = new RouteNetlink();
            route.Execute(batch =>
            {
                batch.ChangeLink(first.Index, new LinkSettings { IsUp = true });
                batch.ChangeLink(second.Index, new LinkSettings { IsUp = true });
            });
        });

        var exception = await Assert.ThrowsAsync<WireGuardException>(() =>
            second.ConfigureAsync(new WireGuardChange { ListenPort = 51820, FirewallMark = 9, Peers = [new(Name(1))] }, Cancelled).AsTask());

        Assert.Equal(98, exception.Errno);
        using var state = await second.ReadAsync(Cancelled);
        Assert.Equal(0u, state.FirewallMark);
        Assert.Empty(state.Peers);
    }

    private static Comparer<InetPrefix> PrefixOrder { get; } = Comparer<InetPrefix>.Create((left, right) => left.Address.CompareTo(right.Address));

    private static Link? Find(string name)
    {
        using var route = new RouteNetlink();
        return route.FindLink(name);
    }

    private static AllowedIpChange Allow(string prefix) => new(InetPrefix.Parse(prefix));

    private static PublicKey Name(int number)
    {
        var bytes = new byte[PublicKey.Size];
        BitConverter.TryWriteBytes(bytes, number);
        return new PublicKey(bytes);
    }

    private static string Describe(WireGuardPeerChange peer) =>
        $"{peer.PublicKey} {peer.PresharedKey is not null} {peer.Endpoint} {peer.PersistentKeepalive} {string.Join(',', peer.AllowedIps.Select(allowed => allowed.Prefix).Order(PrefixOrder))}";

    private static string Describe(WireGuardPeerState peer) =>
        $"{peer.PublicKey} {peer.PresharedKey is not null} {peer.Endpoint} {peer.PersistentKeepalive} {string.Join(',', peer.AllowedIps.Order(PrefixOrder))}";
}
