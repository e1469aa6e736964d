using System.Net;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using Overlay.Core.Addressing;
using Overlay.Core.Leases;
using Xunit;

namespace Overlay.TestKit.Leases;

/// <summary>What the lease manager promises, over every store.</summary>
public abstract class LeaseManagerContract
{
    /// <summary>A network with three subnets for nodes.</summary>
    protected const string SmallNetwork = """{"Network":"10.5.0.0/24","SubnetLen":26,"Backend":{"Type":"vxlan"}}""";

    private const string Network = """{"Network":"10.244.0.0/16","Backend":{"Type":"vxlan"}}""";
    private const string DualNetwork = """{"Network":"10.244.0.0/16","EnableIPv6":true,"IPv6Network":"2001:cafe:42::/56","Backend":{"Type":"vxlan"}}""";
    private const string IPv6Network = """{"EnableIPv4":false,"EnableIPv6":true,"IPv6Network":"2001:cafe:42::/56","Backend":{"Type":"vxlan"}}""";

    private static readonly TimeSpan _day = TimeSpan.FromDays(1);

    /// <summary>How far the clock goes in a millisecond of waiting: a store that needs longer for an answer needs slower clocks.</summary>
    protected virtual TimeSpan ClockStep => TimeSpan.FromMilliseconds(500);

    /// <summary>The clock of all nodes.</summary>
    protected FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 11, 23, 0, 0, 0, TimeSpan.Zero));

    /// <summary>Opens the test's own store; each call is another user of the same data.</summary>
    protected abstract ILeaseStore Open(int historyLimit = 10_000);

    [Fact]
    public async Task Acquire_EmptyStore_WritesFlannelsBytes()
    {
        using var node = Node("192.168.64.3");

        var lease = await node.AcquireAsync();

        var entry = Assert.Single((await Open().ReadAsync(CancellationToken.None)).Entries);
        Assert.Equal(lease.Key, entry.Key);
        Assert.StartsWith(
            """{"PublicIP":"192.168.64.3","PublicIPv6":null,"BackendType":"vxlan","BackendData":{"VNI":1,"VtepMAC":"c6:d2:32:6f:8f:44"},"Overlay":{""",
            Encoding.UTF8.GetString(entry.Value.Span), StringComparison.Ordinal);
        Assert.Equal(24, lease.Subnets.IPv4!.Value.PrefixLength);
        Assert.Equal(Clock.GetUtcNow() + _day, lease.Expires);
    }

    [Theory]
    [InlineData(DualNetwork, "192.168.1.7,fd00::7", AddressFamilies.Dual)]
    [InlineData(IPv6Network, "fd00::7", AddressFamilies.IPv6)]
    public async Task Acquire_OtherFamilies_GivesASubnetInEach(string network, string address, AddressFamilies families)
    {
        using var node = Node(address, network);
        using var other = Node(address.Replace("7", "8", StringComparison.Ordinal), network);

        var lease = await node.AcquireAsync();
        var second = await other.AcquireAsync();

        Assert.Equal(families, lease.Subnets.Families);
        Assert.False(lease.Subnets.Overlaps(second.Subnets));
        Assert.Equal(64, lease.Subnets.IPv6!.Value.PrefixLength);
    }

    [Fact]
    public async Task Acquire_Again_GivesTheSameSubnetAtOnce()
    {
        using var first = Node("192.168.1.1");
        using var second = Node("192.168.1.1");

        Assert.Equal((await first.AcquireAsync()).Subnets, (await second.AcquireAsync()).Subnets);
    }

    [Fact]
    public async Task Acquire_LeaseWrittenByFlannel_IsTakenOver()
    {
        await WriteAsync("10.244.7.0-24", """{"PublicIP":"192.168.1.1","PublicIPv6":null,"BackendType":"vxlan"}""", _day);
        using var node = Node("192.168.1.1");

        Assert.Equal("10.244.7.0-24", (await node.AcquireAsync()).Key);
    }

    [Fact]
    public async Task Acquire_OwnLeaseOfOtherLength_IsReplaced()
    {
        await WriteAsync("10.244.7.0-25", """{"PublicIP":"192.168.1.1"}""", _day);
        using var node = Node("192.168.1.1");

        var lease = await node.AcquireAsync();

        Assert.Equal(24, lease.Subnets.IPv4!.Value.PrefixLength);
        Assert.Equal(lease.Key, Assert.Single((await Open().ReadAsync(CancellationToken.None)).Entries).Key);
    }

    [Fact]
    public async Task Acquire_NetworkBecameDualStack_KeepsIPv4Subnet()
    {
        using var before = Node("192.168.1.1");
        var old = await before.AcquireAsync();
        using var after = Node("192.168.1.1", DualNetwork);

        var lease = await after.AcquireAsync();

        Assert.Equal((old.Subnets.IPv4, AddressFamilies.Dual), (lease.Subnets.IPv4, lease.Subnets.Families));
    }

    [Fact]
    public async Task Acquire_PreferredSubnet_IsTakenWhenFree()
    {
        var preferred = new SubnetPair(IPNetwork.Parse("10.244.99.0/24"), null);
        using var first = Node("192.168.1.1");
        using var second = Node("192.168.1.2");

        Assert.Equal(preferred, (await first.AcquireAsync(preferred)).Subnets);
        Assert.NotEqual(preferred, (await second.AcquireAsync(preferred)).Subnets);
    }

    [Fact]
    public async Task Acquire_AddressChangedWhileRunning_KeepsTheSubnet()
    {
        using var before = Node("192.168.1.1", nodeId: "one");
        using var after = Node("192.168.1.9", nodeId: "one");

        Assert.Equal((await before.AcquireAsync()).Key, (await after.AcquireAsync()).Key);
    }

    [Fact]
    public async Task Acquire_NothingFree_SaysHowManyAndWhatWouldHelp()
    {
        foreach (var last in new[] { 1, 2, 3 })
        {
            using var node = Node($"192.168.1.{last}", SmallNetwork);
            await node.AcquireAsync();
        }

        using var late = Node("192.168.1.4", SmallNetwork);
        var refusal = await Assert.ThrowsAsync<LeaseException>(() => late.AcquireAsync());

        Assert.Equal(
            "No subnet is free: network 10.5.0.0/24 has 3 subnets of /26 for nodes, and 3 are leased. Release a lease that is no longer needed, or enlarge the network: a network with prefix /23 would hold 7.",
            refusal.Message);
    }

    [Fact]
    public async Task Acquire_LeaseOfOtherLengthOrUnreadable_IsNotOverlapped()
    {
        await WriteAsync("10.5.0.64-27", """{"PublicIP":"192.168.9.9"}""", _day);
        await WriteAsync("10.5.0.128-26", "no JSON", _day);
        using var node = Node("192.168.1.1", SmallNetwork);

        Assert.Equal("10.5.0.192-26", (await node.AcquireAsync()).Key);
    }

    [Fact]
    public async Task Acquire_AfterReboot_GivesTheLeaseBackWhenNobodyContests()
    {
        using var before = Node("192.168.1.1");
        var old = await before.AcquireAsync();
        using var after = Node("192.168.1.1", incarnation: "boot2");

        var acquiring = after.AcquireAsync();
        Assert.False(acquiring.IsCompleted);

        Assert.Equal(old.Key, (await acquiring.WhileTimePasses(Clock, ClockStep)).Key);
    }

    [Fact]
    public async Task Acquire_AddressOfALivingNode_IsRefused()
    {
        using var owner = Node("192.168.1.1", nodeId: "original");
        var lease = await owner.AcquireAsync();
        using var end = new CancellationTokenSource();
        var keeping = owner.Manager.KeepAsync(lease, end.Token);
        using var clone = Node("192.168.1.1", incarnation: "boot2", nodeId: "clone");

        var refusal = await Assert.ThrowsAsync<LeaseException>(() => clone.AcquireAsync().WhileTimePasses(Clock, ClockStep));

        Assert.Contains("192.168.1.1 is in use by another living node", refusal.Message, StringComparison.Ordinal);
        Assert.False(keeping.IsCompleted);
        var updated = await owner.Manager.UpdateAsync(lease, owner.Attributes("""{"VNI":2}"""), CancellationToken.None);
        Assert.Equal(lease.Key, updated.Key);
        await EndAsync(end, keeping);
    }

    [Fact]
    public async Task Keep_LeaseTakenOverWhileAsleep_EndsAndOverwritesNothing()
    {
        using var sleeper = Node("192.168.1.1");
        var lease = await sleeper.AcquireAsync();
        using var next = Node("192.168.1.1", incarnation: "boot2");
        var taken = await next.AcquireAsync().WhileTimePasses(Clock, ClockStep);

        Assert.Equal(LeaseEnd.TakenByAnother, await sleeper.Manager.KeepAsync(lease, CancellationToken.None).WhileTimePasses(Clock, ClockStep));
        await Assert.ThrowsAsync<LeaseException>(() => sleeper.Manager.UpdateAsync(lease, sleeper.Attributes(), CancellationToken.None).AsTask());
        Assert.Equal(taken.Version.Value, Assert.Single((await Open().ReadAsync(CancellationToken.None)).Entries).Version.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task Keep_AtTheMargin_Renews()
    {
        using var node = Node("192.168.1.1");
        var lease = await node.AcquireAsync();
        using var end = new CancellationTokenSource();
        var keeping = node.Manager.KeepAsync(lease, end.Token);
        var store = Open();
        Clock.Advance(TimeSpan.FromHours(23) - TimeSpan.FromSeconds(1));
        await using var changes = store.ChangesAsync((await store.ReadAsync(CancellationToken.None)).Version).GetAsyncEnumerator();
        var renewal = changes.NextAsync();
        Assert.False(renewal.IsCompleted);

        var change = await renewal.WhileTimePasses(Clock, ClockStep);

        Assert.Equal(lease.Key, change.Key);
        Assert.InRange(change.Entry!.Expires!.Value - lease.Expires!.Value, TimeSpan.FromHours(23) - TimeSpan.FromSeconds(1), TimeSpan.FromHours(23.5));
        await EndAsync(end, keeping);
    }

    [Fact]
    public async Task Keep_LeaseDeleted_IsLost()
    {
        using var node = Node("192.168.1.1");
        var lease = await node.AcquireAsync();
        var keeping = node.Manager.KeepAsync(lease, CancellationToken.None);
        using var other = Node("192.168.1.1");

        await other.Manager.ReleaseAsync(lease, CancellationToken.None);

        Assert.Equal(LeaseEnd.Lost, await keeping.WhileTimePasses(Clock, ClockStep));
    }

    [Fact]
    public async Task Keep_SleptPastExpiryAndSubnetGivenAway_NeverOverwrites()
    {
        var network = """{"Network":"10.5.0.0/24","SubnetLen":26,"SubnetMin":"10.5.0.64","SubnetMax":"10.5.0.64"}""";
        using var sleeper = Node("192.168.1.1", network);
        var lease = await sleeper.AcquireAsync();
        Clock.Advance(_day);
        using var next = Node("192.168.1.2", network);
        var taken = await next.AcquireAsync();

        await Assert.ThrowsAsync<LeaseException>(() => sleeper.Manager.UpdateAsync(lease, sleeper.Attributes(), CancellationToken.None).AsTask());
        Assert.Equal(LeaseEnd.TakenByAnother, await sleeper.Manager.KeepAsync(lease, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(20)));
        await sleeper.Manager.ReleaseAsync(lease, CancellationToken.None);

        Assert.Equal(taken.Key, Assert.Single((await Open().ReadAsync(CancellationToken.None)).Entries).Key);
    }

    [Fact]
    public async Task Update_BesideKeep_BothGoOn()
    {
        using var node = Node("192.168.1.1");
        var lease = await node.AcquireAsync();
        using var end = new CancellationTokenSource();
        var keeping = node.Manager.KeepAsync(lease, end.Token);
        for (var i = 0; i < 20; i++)
        {
            Clock.Advance(TimeSpan.FromHours(3));
            await node.Manager.UpdateAsync(lease, node.Attributes($$"""{"VNI":{{i}}}"""), CancellationToken.None);
        }

        Assert.False(keeping.IsCompleted);
        await EndAsync(end, keeping);
        Assert.Contains("""{"VNI":19}""", Encoding.UTF8.GetString(Assert.Single((await Open().ReadAsync(CancellationToken.None)).Entries).Value.Span), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Update_AnswerGotLost_IsNoLoss()
    {
        var store = new FlakyStore(Open());
        using var node = new TestNode(store, Clock, "192.168.1.1", Network);
        var lease = await node.AcquireAsync();
        store.LosesNextAnswer = true;

        var updated = await node.Manager.UpdateAsync(lease, node.Attributes("""{"VNI":2}"""), CancellationToken.None).AsTask().WhileTimePasses(Clock, ClockStep);

        Assert.Equal("""{"VNI":2}""", updated.Attributes.BackendData);
    }

    [Fact]
    public async Task Release_OwnLease_IsGoneAtOnce()
    {
        using var node = Node("192.168.1.1");
        var lease = await node.AcquireAsync();

        await node.Manager.ReleaseAsync(lease, CancellationToken.None);

        Assert.Empty((await Open().ReadAsync(CancellationToken.None)).Entries);
    }

    /// <summary>A run of a node over the test's store.</summary>
    protected TestNode Node(string address, string configuration = Network, string incarnation = "boot1", string? nodeId = null) =>
        new(Open(), Clock, address, configuration, incarnation, nodeId);

    private static async Task EndAsync(CancellationTokenSource end, Task keeping)
    {
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => keeping.WaitAsync(TimeSpan.FromSeconds(20)));
    }

    private async Task WriteAsync(string key, string value, TimeSpan? timeToLive) =>
        await Open().TryWriteAsync(new StoreWrite { Key = key, Value = Encoding.UTF8.GetBytes(value), ExpectedVersion = 0, TimeToLive = timeToLive }, CancellationToken.None);
}
