using Overlay.Core.Leases;
using Overlay.TestKit.Kubernetes;

namespace Overlay.Kubernetes.Tests.Nodes;

/// <summary>Runs alone: memory is counted for the whole process.</summary>
[CollectionDefinition(nameof(NodeTableMemoryTests), DisableParallelization = true)]
[Collection(nameof(NodeTableMemoryTests))]
public sealed class NodeTableMemoryTests
{
    [Fact]
    public void Observe_FiveThousandNodes_HoldLittleMemory()
    {
        const int Count = 5000;
        var table = NodeTableTests.Create();
        List<LeaseChange> changes = [];
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < Count; i++)
        {
            NodeTableTests.Observe(table, ClusterNode.CreateFlannel(i), changes);
            changes.Clear();
        }

        var perNode = (GC.GetTotalMemory(forceFullCollection: true) - before) / Count;
        Assert.Equal(Count, table.Leases().Count);
        Assert.True(perNode < 2048, $"{perNode} bytes for each node");
        GC.KeepAlive(table);
    }
}
