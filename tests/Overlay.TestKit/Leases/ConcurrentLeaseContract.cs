using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;
using Overlay.Core.Leases;
using Xunit;

namespace Overlay.TestKit.Leases;

/// <summary>Many nodes at once over one store: they take, keep, change, forget and give back leases in random order, and sleep past their expiry. The
/// store's history must show that at no time two live leases overlap, and that nobody's lease was ever overwritten by another node.</summary>
public abstract class ConcurrentLeaseContract
{
    private const int Nodes = 6;

    // Two configurations that disagree about the length make leases with different keys overlap.
    private static readonly string[] _networks =
    [
        """{"Network":"10.5.0.0/24","SubnetLen":27,"SubnetMin":"10.5.0.0","SubnetMax":"10.5.0.96"}""",
        """{"Network":"10.5.0.0/24","SubnetLen":26,"SubnetMin":"10.5.0.0","SubnetMax":"10.5.0.64"}""",
    ];

    private readonly ConcurrentDictionary<int, int> _outcomes = new();

    /// <summary>The clock of all nodes.</summary>
    protected FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 11, 23, 0, 0, 0, TimeSpan.Zero));

    /// <summary>How much each node does.</summary>
    protected virtual int StepsOfNode => 120;

    /// <summary>Opens the test's own store; each call is another user of the same data.</summary>
    protected abstract ILeaseStore Open(int historyLimit = 10_000);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task RandomRun_History_ShowsNoOverlapAndNoOverwriting(int seed)
    {
        var store = Open(1_000_000);
        var start = (await store.ReadAsync(CancellationToken.None)).Version;
        using var end = new CancellationTokenSource();
        var time = PassTimeAsync(new Random(seed), end.Token);

        await Task.WhenAll(Enumerable.Range(0, Nodes).Select(node => Task.Run(() => LiveAsync(node, new Random((seed * 100) + node))))).WaitAsync(TimeSpan.FromMinutes(2));

        await end.CancelAsync();
        await time;
        await CheckHistoryAsync(store, start);
        Assert.True(_outcomes.GetValueOrDefault(0) > Nodes && _outcomes.GetValueOrDefault(1) > 0, $"{_outcomes.GetValueOrDefault(0)} leases were taken and {_outcomes.GetValueOrDefault(1)} refused: the run shows nothing.");
    }

    private async Task PassTimeAsync(Random random, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            Clock.Advance(TimeSpan.FromMinutes(random.Next(1, 90)));
            await Task.Delay(1, CancellationToken.None);
        }
    }

    /// <summary>One node's life. A lease that it keeps is renewed; one that it forgets expires, and it may come back to it too late.</summary>
    private async Task LiveAsync(int number, Random random)
    {
        using var node = new TestNode(new HesitantStore(Open(1_000_000), new Random(random.Next())), Clock, $"192.168.1.{number + 1}", _networks[number % 2]);
        Lease? lease = null;
        for (var step = 0; step < StepsOfNode; step++)
        {
            try
            {
                switch (random.Next(8))
                {
                    case 0 or 1:
                        lease = await node.AcquireAsync();
                        _outcomes.AddOrUpdate(0, 1, (_, count) => count + 1);
                        break;
                    case 2 when lease is not null:
                        lease = await node.Manager.UpdateAsync(lease, node.Attributes($$"""{"VNI":{{step}}}"""), CancellationToken.None);
                        break;
                    case 3 when lease is not null:
                        await node.Manager.ReleaseAsync(lease, CancellationToken.None);
                        break;
                    case 4 when lease is not null:
                        using (var some = new CancellationTokenSource(random.Next(1, 60)))
                        {
                            await node.Manager.KeepAsync(lease, some.Token);
                        }

                        break;
                    case 5 when lease is not null:
                        await Task.Delay(random.Next(20, 120)); // Asleep: on the nodes' clock that is days. Then it believes that it still has its lease.
                        await node.Manager.UpdateAsync(lease, node.Attributes(), CancellationToken.None);
                        break;
                }
            }
            catch (LeaseException)
            {
                _outcomes.AddOrUpdate(1, 1, (_, count) => count + 1);
            }
            catch (OperationCanceledException)
            {
                // KeepAsync was told to stop.
            }
        }
    }

    private static async Task CheckHistoryAsync(ILeaseStore store, long start)
    {
        var last = (await store.ReadAsync(CancellationToken.None)).Version;
        var live = new Dictionary<string, (StoreEntry Entry, string Address)>();
        await foreach (var change in store.ChangesAsync(start))
        {
            live.Remove(change.Key, out var before);
            if (change.Entry is { } entry)
            {
                Assert.True(LeaseKey.TryParse(change.Key, out var subnets));
                var address = System.Text.Json.JsonDocument.Parse(entry.Value).RootElement.GetProperty("PublicIP").GetString()!;
                Assert.True(before.Entry is null || before.Address == address, $"{change.Key} of {before.Address} was overwritten by {address}");
                foreach (var other in live.Keys)
                {
                    Assert.True(LeaseKey.TryParse(other, out var taken));
                    Assert.False(taken.Overlaps(subnets), $"{other} and {change.Key} are leased at the same time, at version {change.Version}");
                }

                live.Add(change.Key, (entry, address));
            }

            if (change.Version >= last)
            {
                return;
            }
        }
    }
}
