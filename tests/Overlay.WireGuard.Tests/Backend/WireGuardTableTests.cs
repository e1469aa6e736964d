using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Overlay.Core.Addressing;
using Overlay.Linux.Kernel;
using Overlay.WireGuard.Backend;
using Overlay.WireGuard.Control;
using Overlay.WireGuard.Protocol.Keys;

namespace Overlay.WireGuard.Tests.Backend;

public sealed class WireGuardTableTests : IAsyncDisposable
{
    private const string Name = "flannel-wg";

    private readonly FakeTimeProvider _clock = new();
    private readonly FakeOpener _opener = new();
    private readonly OpenDevices _devices;
    private readonly WireGuardTable _table;
    private readonly PrivateKey _own = PrivateKey.Generate();
    private readonly FakeDevice _device = new(Name);

    public WireGuardTableTests()
    {
        _devices = new OpenDevices(_opener, _clock, NullLogger<OpenDevices>.Instance);
        _table = new WireGuardTable(_devices, _clock);
        _opener.Kernel[Name] = _device;
        _devices.Expect([Name], WireGuardDeviceKind.Kernel, new DeviceSecrets(_own, PresharedKey.Import(Enumerable.Repeat((byte)7, 32).ToArray())));
    }

    public ValueTask DisposeAsync() => _devices.DisposeAsync();

    [Fact]
    public void Apply_DeviceAndPeers_IsOneRequestAndReadsBackEqual()
    {
        KernelEntry[] wanted = [Device(), .. Enumerable.Range(2, 100).Select(Peer)];

        Assert.All(_table.Apply([.. wanted.Select(entry => new EntryChange(entry, null))]), Assert.Null);

        Assert.Equal([100], _device.Requests);
        Assert.Equal(wanted, Dump());
        Assert.Equal(100, _opener.Greeted.Count);
    }

    /// <summary>'overlayd plan' beside an agent whose process carries the device.</summary>
    [Fact]
    public async Task Dump_DeviceOfAnotherProcess_IsSeenInARehearsalAndNeverChanged()
    {
        var running = new Control.MemoryDevice(Name);
        await running.ConfigureAsync(new WireGuardChange { PrivateKey = _own, ListenPort = 51820, Peers = [new WireGuardPeerChange(Nodes.Key(2))] }, CancellationToken.None);
        _opener.Running[Name] = running;
        _devices.Expect([Name], WireGuardDeviceKind.Userspace, new DeviceSecrets(_own, null));
        Assert.False(_devices.Holds(Name, 7));
        Assert.Empty(Dump());

        await _devices.LookAtRunningAsync([Name, "flannel-wg-v6"], CancellationToken.None);

        Assert.True(_devices.Holds(Name, 7));
        Assert.False(_devices.Holds(Name, 8));
        Assert.Equal([Name, $"{Nodes.Key(2)} {Name}"], Dump().Select(entry => entry.Key.Name));
        Assert.Empty(_opener.Opened);
    }

    [Fact]
    public void Apply_OneIsRefused_TheOthersAreMade()
    {
        _device.Refused.Add(Nodes.Key(3));

        var refusals = _table.Apply([.. Enumerable.Range(2, 4).Select(node => new EntryChange(Peer(node), null))]);

        Assert.Equal([null, "the kernel refuses " + Nodes.Key(3), null, null], refusals);
        Assert.Equal([Nodes.Key(2), Nodes.Key(4), Nodes.Key(5)], _device.Peers.Select(peer => peer.Key));
    }

    [Fact]
    public void Apply_NewKeyOfAPeer_LeavesNothingOfTheOld()
    {
        Put(Peer(2));
        var renewed = new WireGuardPeerEntry(Name, Nodes.Key(9), [InetPrefix.Parse("10.244.2.0/24")]) { Endpoint = IPEndPoint.Parse("192.168.1.2:51820") };

        Put(renewed);
        _table.Apply([new EntryChange(null, Peer(2))]);

        Assert.Equal([renewed], Dump().OfType<WireGuardPeerEntry>());
    }

    [Fact]
    public void Apply_OtherEndpointOrKeyOrKeepalive_SetsOnlyThat()
    {
        var peer = Peer(2);
        Put(peer);
        _device[Nodes.Key(2)].Endpoint = IPEndPoint.Parse("203.0.113.1:1");

        // The peer has roamed, and only its keepalive changes.
        _table.Apply([new EntryChange(peer with { PersistentKeepalive = TimeSpan.FromSeconds(9) }, peer)]);

        Assert.Equal("203.0.113.1:1", _device[Nodes.Key(2)].Endpoint!.ToString());
        Assert.Equal(TimeSpan.FromSeconds(9), _device[Nodes.Key(2)].PersistentKeepalive);

        _table.Apply([new EntryChange(peer with { Endpoint = IPEndPoint.Parse("192.168.1.3:4") }, peer)]);
        Assert.Equal("192.168.1.3:4", _device[Nodes.Key(2)].Endpoint!.ToString());
    }

    [Fact]
    public void Dump_WhatOthersChanged_Differs()
    {
        Put(Device(), Peer(2), Peer(3), Peer(4), Peer(5));
        _device.Peers.RemoveAll(peer => peer.Key == Nodes.Key(2));
        _device[Nodes.Key(3)].AllowedIps.Add(InetPrefix.Parse("0.0.0.0/0"));
        _device[Nodes.Key(4)].PresharedKey = new byte[32];
        _device[Nodes.Key(5)].PresharedKey![0]++;
        _device.ListenPort = 1;

        Assert.Equal(
            [
                $"wireguard {Name} public-key {_own.PublicKey} listen-port 1",
                $"wireguard peer {Nodes.Key(3)} dev {Name} endpoint 192.168.1.3:51820 allowed-ips 0.0.0.0/0,10.244.3.0/24 preshared-key persistent-keepalive 5",
                $"wireguard peer {Nodes.Key(4)} dev {Name} endpoint 192.168.1.4:51820 allowed-ips 10.244.4.0/24 persistent-keepalive 5",
                $"wireguard peer {Nodes.Key(5)} dev {Name} endpoint 192.168.1.5:51820 allowed-ips 10.244.5.0/24 preshared-key (another) persistent-keepalive 5",
            ],
            Dump().Select(entry => entry.ToString()));
    }

    [Fact]
    public void Dump_PeerHeardFromElsewhere_IsWhereItIsWanted()
    {
        Put(Peer(2));
        Roam(handshake: _clock.GetUtcNow());

        Assert.Equal([Peer(2)], Dump(Peer(2)));
    }

    [Fact]
    public void Dump_RoamedPeerThatAnswersNoMore_IsWrong()
    {
        Put(Peer(2));
        Roam(handshake: _clock.GetUtcNow());
        Dump(Peer(2));
        _device[Nodes.Key(2)].Sent += 2 * 148;
        _clock.Advance(TimeSpan.FromSeconds(15));
        Assert.Equal([Peer(2)], Dump(Peer(2)));

        _clock.Advance(TimeSpan.FromSeconds(5));

        Assert.Contains("endpoint 203.0.113.1:1", Assert.Single(Dump(Peer(2))).ToString(), StringComparison.Ordinal);
    }

    /// <summary>What was seen of a peer does not count against one of the same key that is added later.</summary>
    [Fact]
    public void Dump_RoamedPeerThatWasRemovedAndAddedAgain_IsJudgedAnew()
    {
        Put(Peer(2));
        Roam(handshake: _clock.GetUtcNow());
        Dump(Peer(2));
        var before = _device[Nodes.Key(2)];
        _device.Peers.Clear();
        Dump(Peer(2));

        _clock.Advance(TimeSpan.FromSeconds(30));
        before.Sent += 2 * 148;
        _device.Peers.Add(before);

        Assert.Equal([Peer(2)], Dump(Peer(2)));
    }

    [Fact]
    public void Dump_RoamedPeerThatIsOnlySentKeepalives_IsWhereItIsWanted()
    {
        Put(Peer(2));
        Roam(handshake: _clock.GetUtcNow());
        for (var round = 0; round < 6; round++)
        {
            Assert.Equal([Peer(2)], Dump(Peer(2)));
            _device[Nodes.Key(2)].Sent += 32;
            _clock.Advance(TimeSpan.FromSeconds(25));
        }
    }

    [Fact]
    public void Apply_RoamedPeerThatWasReadBeforeItWasWanted_KeepsItsPlace()
    {
        Put(Peer(2));
        Roam(handshake: _clock.GetUtcNow());
        var seen = Dump().OfType<WireGuardPeerEntry>().Single();
        Assert.Equal("203.0.113.1:1", seen.Endpoint!.ToString());

        _table.Apply([new EntryChange(Peer(2), seen)]);

        Assert.Equal("203.0.113.1:1", _device[Nodes.Key(2)].Endpoint!.ToString());
        Assert.Equal([Peer(2)], Dump(Peer(2)));
    }

    [Fact]
    public void Apply_DeadPeerThatWasReadBeforeItWasWanted_IsLookedForWhereItsLeaseSays()
    {
        Put(Peer(2));
        Roam(handshake: _clock.GetUtcNow() - TimeSpan.FromHours(1));

        _table.Apply([new EntryChange(Peer(2), Dump().OfType<WireGuardPeerEntry>().Single())]);

        Assert.Equal("192.168.1.2:51820", _device[Nodes.Key(2)].Endpoint!.ToString());
    }

    [Fact]
    public void Dump_EndpointOfAPeerWithoutSession_IsWrong()
    {
        Put(Peer(2));
        Roam(handshake: null);
        Assert.Contains("endpoint 203.0.113.1:1", Assert.Single(Dump(Peer(2))).ToString(), StringComparison.Ordinal);

        Roam(handshake: _clock.GetUtcNow() - TimeSpan.FromSeconds(180));
        Assert.Contains("endpoint 203.0.113.1:1", Assert.Single(Dump(Peer(2))).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Dump_DeviceIsGone_ShowsNothing()
    {
        _device.Delete();
        _opener.Kernel.Remove(Name);

        Assert.Empty(Dump());
        Assert.Equal([$"there is no WireGuard device {Name}"], _table.Apply([new EntryChange(Peer(2), null)]));
    }

    [Fact]
    public void Apply_DeviceWasMadeAnew_GoesToTheNewOne()
    {
        Put(Device(), Peer(2));
        var successor = new FakeDevice(Name);
        _device.Delete(isKnown: false);
        _opener.Kernel[Name] = successor;

        Put(Peer(3));

        Assert.Equal(Nodes.Key(3), Assert.Single(successor.Peers).Key);
    }

    [Fact]
    public void Watch_EveryFiveSeconds_AsksForALook()
    {
        var names = new List<string>();
        using (_table.Watch(names.Add))
        {
            _clock.Advance(TimeSpan.FromSeconds(5));
            Assert.Equal([Name], names);
        }

        _clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Single(names);
    }

    [Fact]
    public void Open_Userspace_HoldsTheLinkUntilItIsGone()
    {
        _devices.Expect([Name], WireGuardDeviceKind.Userspace, new DeviceSecrets(_own, null));
        Assert.False(_devices.Holds(Name, 1));

        _devices.Open(Name, 1440);
        Assert.True(_devices.Holds(Name, 1));
        Assert.False(_devices.Holds(Name, 2));
        _opener.Opened[0].Delete();
        Assert.False(_devices.Holds(Name, 1));
        Assert.Null(_devices.Find(Name));

        _devices.Open(Name, 1440);
        Assert.True(_devices.Holds(Name, 2));
    }

    [Fact]
    public void Dump_FourThousandPeers_IsOneRead()
    {
        KernelEntry[] wanted = [.. Enumerable.Range(0, 4000).Select(number => new WireGuardPeerEntry(Name, KeyOf(number), [new InetPrefix(InetAddress.FromIPv4(0x0A000000u + ((uint)number << 8)), 24)])
        {
            Endpoint = new IPEndPoint(new IPAddress(BitConverter.GetBytes(number)), 51820),
        })];

        _table.Apply([.. wanted.Select(entry => new EntryChange(entry, null))]);

        Assert.Equal(wanted, Dump().OfType<WireGuardPeerEntry>());
        Assert.Equal(1, _device.Reads);
        Assert.Single(_device.Requests);
    }

    private static PublicKey KeyOf(int number)
    {
        var bytes = new byte[32];
        BitConverter.TryWriteBytes(bytes, number + 1);
        return new PublicKey(bytes);
    }

    private WireGuardDeviceEntry Device() => new(Name, _own.PublicKey, 51820);

    private static WireGuardPeerEntry Peer(int node) => new(Name, Nodes.Key(node), [InetPrefix.Parse($"10.244.{node}.0/24")])
    {
        Endpoint = IPEndPoint.Parse($"192.168.1.{node}:51820"),
        PresharedKey = PresharedKeyUse.Network,
        PersistentKeepalive = TimeSpan.FromSeconds(5),
    };

    private void Put(params KernelEntry[] entries) => Assert.All(_table.Apply([.. entries.Select(entry => new EntryChange(entry, null))]), Assert.Null);

    private void Roam(DateTimeOffset? handshake)
    {
        _device[Nodes.Key(2)].Endpoint = IPEndPoint.Parse("203.0.113.1:1");
        _device[Nodes.Key(2)].LastHandshake = handshake;
    }

    private List<KernelEntry> Dump(params KernelEntry[] wanted)
    {
        var sink = new Sink(wanted);
        _table.Dump(Name, sink);
        return wanted.Length == 0 ? sink.Entries : [.. sink.Entries.OfType<WireGuardPeerEntry>()];
    }

    private sealed class Sink(KernelEntry[] wanted) : IEntrySink
    {
        public List<KernelEntry> Entries { get; } = [];

        public KernelEntry? Wanted(in EntryKey key)
        {
            foreach (var entry in wanted)
            {
                if (entry.Key == key)
                {
                    return entry;
                }
            }

            return null;
        }

        public void Seen(KernelEntry entry) => Entries.Add(entry);
    }
}
