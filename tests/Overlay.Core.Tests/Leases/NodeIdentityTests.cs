using Overlay.Core.Diagnostics;
using Overlay.Core.Leases;
using Xunit;

namespace Overlay.Core.Tests.Leases;

public sealed class NodeIdentityTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory($"ovleases{Environment.ProcessId}-");

    private string State => Path.Combine(_folder.FullName, "state");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Load_Twice_GivesTheSame() => Assert.Equal(NodeIdentity.Load(State), NodeIdentity.Load(State));

    [Fact]
    public void Load_AtOnceByMany_GivesTheSame() =>
        Assert.Single(Enumerable.Range(0, 16).AsParallel().WithDegreeOfParallelism(16).Select(_ => NodeIdentity.Load(State)).ToHashSet());

    [Fact]
    public void Load_FileHoldsSomethingElse_SaysWhatToDo()
    {
        Directory.CreateDirectory(State);
        File.WriteAllText(Path.Combine(State, "node-id"), "hello");

        Assert.Contains("delete it to make this node a new one", Assert.Throws<OverlayException>(() => NodeIdentity.Load(State)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_FolderCannotBeMade_SaysSo() =>
        Assert.StartsWith("The node's identity cannot be kept in /proc/overlay/node-id", Assert.Throws<OverlayException>(() => NodeIdentity.Load("/proc/overlay")).Message, StringComparison.Ordinal);
}
