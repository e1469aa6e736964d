using Microsoft.Extensions.Logging.Abstractions;
using Overlay.Core.Addressing;
using Overlay.Core.Backends;
using Overlay.Core.Diagnostics;
using Overlay.Core.Leases;
using Overlay.Linux.Backends;
using Overlay.Linux.Backends.Alloc;
using Overlay.Linux.Backends.HostGateway;
using Overlay.Linux.Kernel;
using Xunit;

namespace Overlay.Linux.Tests.Backends;

using Underlay = Core.Backends.Underlay;

public sealed class PlannedNetworkTests : IAsyncDisposable
{
    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(20);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private readonly RecordedKernel _kernel = new();
    private readonly Live<Underlay> _underlay = new(Nodes.Underlay());
    private readonly List<IOverlayNetwork> _networks = [];

    [Fact]
    public async Task Apply_BeforeActivate_IsPlannedWhenTheOwnLeaseIsThere()
    {
        var network = Open();
        await ApplyAsync(network, Snapshot(2));
        Assert.Empty(_kernel.Wanted);

        await network.ActivateAsync(Nodes.Lease(1), Token);
        Assert.Equal(["10.244.2.0/24 via 192.168.1.2 dev eth0"], _kernel.Wanted);
    }

    [Fact]
    public async Task Apply_SameBatchTwice_ChangesNothing()
    {
        var network = await OpenActiveAsync();
        await ApplyAsync(network, Snapshot(2, 3));
        var once = _kernel.Wanted;
        await ApplyAsync(network, Snapshot(2, 3));

        Assert.Equal(once, _kernel.Wanted);
        Assert.Equal(2, network.Status.Peers);
    }

    [Fact]
    public async Task Apply_SnapshotWithoutAPeer_DropsIt()
    {
        var network = await OpenActiveAsync();
        await ApplyAsync(network, Snapshot(2, 3));
        await ApplyAsync(network, Snapshot(3));

        Assert.Equal(["10.244.3.0/24 via 192.168.1.3 dev eth0"], _kernel.Wanted);
        Assert.Equal(1, network.Status.Peers);
    }

    [Fact]
    public async Task Apply_ChangesThatNameAnUnknownPeer_AreHarmless()
    {
        var network = await OpenActiveAsync();
        await ApplyAsync(network, new LeaseBatch.Changes([new LeaseChange.Removed("10.244.9.0-24"), new LeaseChange.Written(Peer(2)), new LeaseChange.Removed("10.244.2.0-24")]));

        Assert.Empty(_kernel.Wanted);
        Assert.Equal(0, network.Status.Peers);
    }

    [Fact]
    public async Task Status_RefusedPeer_IsNamedAndNotCounted()
    {
        var network = await OpenActiveAsync();
        await ApplyAsync(network, Snapshot(2, 1));

        Assert.Equal(1, network.Status.Peers);
        Assert.Equal("10.244.1.0-24", Assert.Single(network.Status.Refused).LeaseKey);

        await ApplyAsync(network, Snapshot(2));
        Assert.Empty(network.Status.Refused);
    }

    [Fact]
    public async Task Follow_UnderlayChanges_PlansAnewAndCommits()
    {
        var network = await OpenActiveAsync();
        await ApplyAsync(network, Snapshot(2));

        var committed = _kernel.NextCommit();
        _underlay.Set(Nodes.Underlay().With(mtu: 9000, name: "ens3"));
        await committed.WaitAsync(_deadline, Token);

        Assert.Equal(["10.244.2.0/24 via 192.168.1.2 dev ens3"], _kernel.Wanted);
        Assert.Equal(9000, network.Facts.Current.Mtu);
    }

    [Fact]
    public async Task Follow_CommitFails_GoesOnFollowing()
    {
        var network = await OpenActiveAsync();
        await ApplyAsync(network, Snapshot(2));
        _kernel.Refusal = new OverlayException("no");
        var committed = _kernel.NextCommit();
        _underlay.Set(Nodes.Underlay().With(name: "ens3"));
        await committed.WaitAsync(_deadline, Token);

        _kernel.Refusal = null;
        committed = _kernel.NextCommit();
        _underlay.Set(Nodes.Underlay().With(name: "ens4"));
        await committed.WaitAsync(_deadline, Token);
        Assert.Equal(["10.244.2.0/24 via 192.168.1.2 dev ens4"], _kernel.Wanted);
    }

    [Fact]
    public async Task Activate_OtherLease_ReplacesWhatIsTheNodesOwn()
    {
        var network = Open(new BackendContextChange { Blackhole = true });
        await network.ActivateAsync(Nodes.Lease(1), Token);
        Assert.Equal(["blackhole 10.244.1.0/24 metric 4278190080"], _kernel.Wanted);
        await network.ActivateAsync(Nodes.Lease(7), Token);
        Assert.Equal(["blackhole 10.244.7.0/24 metric 4278190080"], _kernel.Wanted);
    }

    [Fact]
    public async Task Remove_AndUnderlayChanges_StaysRemoved()
    {
        var network = await OpenActiveAsync();
        await ApplyAsync(network, Snapshot(2));
        await network.RemoveAsync(Token);
        Assert.Empty(_kernel.Wanted);

        var committed = _kernel.NextCommit();
        _underlay.Set(Nodes.Underlay().With(mtu: 9000));
        await committed.WaitAsync(_deadline, Token);
        Assert.Empty(_kernel.Wanted);
    }

    [Fact]
    public async Task Guards_FaultsComeAndGo_StandInTheFacts()
    {
        var (first, second) = (new TestGuard(), new TestGuard());
        var network = Open(guards: [first, second]);
        Assert.False(first.IsWatching);
        await network.ActivateAsync(Nodes.Lease(1), Token);
        Assert.True(first.IsWatching);

        second.Report!("second");
        first.Report!("first");
        Assert.Equal("first; second", network.Facts.Current.Fault);
        first.Report!(null);
        Assert.Equal("second", network.Facts.Current.Fault);

        await network.RemoveAsync(Token);
        Assert.False(second.IsWatching);
    }

    [Fact]
    public async Task Rehearsal_ActivateAndApply_StartsNoGuardAndDoesNotFollow()
    {
        var guard = new TestGuard();
        var network = Open(new BackendContextChange { Rehearsal = true }, [guard]);
        await network.ActivateAsync(Nodes.Lease(1), Token);
        await ApplyAsync(network, Snapshot(2));
        _underlay.Set(Nodes.Underlay().With(mtu: 9000));

        Assert.False(guard.IsWatching);
        Assert.Equal(0, _kernel.Commits);
        Assert.Equal(["10.244.2.0/24 via 192.168.1.2 dev eth0"], _kernel.Wanted);
    }

    [Fact]
    public async Task Alloc_AnyPeer_NeedsNothingAndPublishesNoType()
    {
        var network = await new AllocBackend(_kernel, NullLogger<AllocBackend>.Instance).OpenAsync(Nodes.Context(_underlay, AddressFamilies.IPv4, """{"Type":"alloc"}"""), Token);
        _networks.Add(network);
        await network.ActivateAsync(Nodes.Lease(1), Token);
        await ApplyAsync(network, Snapshot(2));

        Assert.Empty(_kernel.Wanted);
        Assert.Equal(1, network.Status.Peers);
        Assert.Equal(("", null, 1500), (network.Facts.Current.Attributes.BackendType, network.Facts.Current.Attributes.BackendData, network.Facts.Current.Mtu));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var network in _networks)
        {
            await network.DisposeAsync();
        }
    }

    private PlannedNetwork Open(BackendContextChange? change = null, IReadOnlyList<INetworkGuard>? guards = null)
    {
        var plain = Nodes.Context(_underlay, AddressFamilies.IPv4, """{"Type":"host-gw"}""");
        var context = new BackendContext
        {
            Configuration = plain.Configuration,
            Underlay = _underlay,
            BlackholeOwnSubnet = change?.Blackhole == true,
            IsRehearsal = change?.Rehearsal == true,
        };
        var network = new PlannedNetwork(
            _kernel, new ScopeClaim("test", [], []), context, underlay => new HostGatewayPlanner(Nodes.Network(AddressFamilies.IPv4), underlay), NullLogger.Instance, guards ?? []);
        _networks.Add(network);
        return network;
    }

    private async Task<PlannedNetwork> OpenActiveAsync()
    {
        var network = Open();
        await network.ActivateAsync(Nodes.Lease(1), Token);
        return network;
    }

    private static ValueTask ApplyAsync(IOverlayNetwork network, LeaseBatch batch) => network.ApplyAsync(batch, Token);

    private static Lease Peer(int node) => Nodes.Lease(node, type: "host-gw");

    private static LeaseBatch.Snapshot Snapshot(params int[] nodes) => new([.. nodes.Select(Peer)]);

    private sealed record BackendContextChange
    {
        public bool Blackhole { get; init; }

        public bool Rehearsal { get; init; }
    }

    private sealed class TestGuard : INetworkGuard, IDisposable
    {
        public Action<string?>? Report { get; private set; }

        public bool IsWatching { get; private set; }

        public IDisposable Start(Underlay underlay, Action<string?> report)
        {
            (Report, IsWatching) = (report, true);
            return this;
        }

        public void Dispose() => IsWatching = false;
    }
}
