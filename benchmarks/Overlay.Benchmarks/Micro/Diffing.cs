using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.Logging.Abstractions;
using Overlay.Core.Addressing;
using Overlay.Linux.Kernel;

namespace Overlay.Benchmarks.Micro;

/// <summary>What a commit costs the reconciler when the kernel has so many peers' entries already, three for each; the kernel itself is left out. The baseline
/// is the obvious way: make the whole wanted set anew and compare it with what is there.</summary>
public class Diffing
{
    private static readonly ScopeClaim _claim = new("vxlan", ["flannel.1"], [InetPrefix.Parse(SamplePeer.Network)]);

    private readonly ReconcilerCore _core = new(new SilentDoor(), TimeProvider.System, metrics: null, NullLogger.Instance);
    private readonly ScopeState _scope = new(_claim);
    private KernelEntry[][] _plans = [];
    private string[] _owners = [];
    private Dictionary<EntryKey, KernelEntry> _observed = [];
    private int _round;

    [Params(100, 1_000, 10_000)]
    public int Peers { get; set; }

    [GlobalSetup]
    public void Begin()
    {
        _plans = [.. Enumerable.Range(1, Peers).Select(number => Plan(SamplePeer.At(number), SamplePeer.At(number).Mac))];
        _owners = [.. Enumerable.Range(1, Peers).Select(number => SamplePeer.At(number).ToLease().Key)];
        _observed = _plans.SelectMany(plan => plan).ToDictionary(entry => entry.Key);
        _core.Open(_scope);
        SameSnapshotAgain();
        if (_scope.Status is not { Pending: 0, Failed.Count: 0 } status || status.Entries != 3 * Peers)
        {
            throw new InvalidOperationException($"The entries did not settle: {_scope.Status}");
        }
    }

    [Benchmark]
    public void OnePeerChanged()
    {
        // Another address each time: the old entries go, new ones come.
        var number = ++_round % Peers;
        Wish(number, Plan(SamplePeer.At(number + 1), SamplePeer.At(20_000 + _round % 1_000).Mac));
        _core.Run();
    }

    [Benchmark]
    public void SameSnapshotAgain()
    {
        for (var i = 0; i < _plans.Length; i++)
        {
            Wish(i, _plans[i]);
        }

        _core.Run();
    }

    [Benchmark(Baseline = true)]
    public int CompareWholeSets()
    {
        var wanted = new Dictionary<EntryKey, KernelEntry>(_observed.Count);
        foreach (var entry in _plans.SelectMany(plan => plan))
        {
            wanted[entry.Key] = entry;
        }

        return wanted.Count(pair => !_observed.TryGetValue(pair.Key, out var seen) || !seen.Equals(pair.Value)) + _observed.Keys.Count(key => !wanted.ContainsKey(key));
    }

    private static KernelEntry[] Plan(SamplePeer peer, MacAddress mac) =>
    [
        new NeighbourEntry("flannel.1", peer.Subnet.Address, mac),
        new ForwardingEntry("flannel.1", mac, peer.Remote),
        new RouteEntry { Destination = peer.Subnet, Gateway = peer.Subnet.Address, Device = "flannel.1", IsOnLink = true },
    ];

    private void Wish(int number, KernelEntry[] entries) => new Wish.Replacement(_scope, _owners[number], entries).Apply(_core.Ledger, scope => scope);

    /// <summary>A kernel that has one device and accepts everything.</summary>
    private sealed class SilentDoor : IKernelDoor
    {
        public IReadOnlyList<string> Tables { get; } = [KernelTables.Link, KernelTables.Address, KernelTables.Neighbour, KernelTables.Forwarding, KernelTables.Route];

        public void Wait()
        {
        }

        public void Wake()
        {
        }

        public bool Receive(IKernelSink sink) => true;

        public void Dump(int rank, string? device, IKernelSink sink)
        {
            if (rank == 0)
            {
                sink.DeviceSeen("flannel.1", 7, isUp: true);
            }
        }

        public void Send(int rank, Span<KernelChange> changes)
        {
        }

        public void Dispose()
        {
        }
    }
}
