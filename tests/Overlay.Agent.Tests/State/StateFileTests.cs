using Overlay.Agent.State;
using Overlay.Core.Addressing;
using Overlay.Core.Diagnostics;
using Overlay.Linux.Kernel;
using Xunit;

namespace Overlay.Agent.Tests.State;

public sealed class StateFileTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ovagent");

    [Fact]
    public void Write_Record_IsReadBack()
    {
        var file = new StateFile(Path.Combine(_folder.FullName, "state"));
        var claim = new ScopeClaim("vxlan", ["flannel.1"], [InetPrefix.Parse("10.244.0.0/16"), InetPrefix.Parse("fd00::/48")]);

        Assert.Empty(file.Read().Networks);
        file.Write(new MadeRecord { Networks = [MadeNetwork.From(claim)], SubnetFile = "/run/x" });

        var read = file.Read();
        Assert.Equal("/run/x", read.SubnetFile);
        var network = Assert.Single(read.Networks);
        Assert.True(network.IsSame(MadeNetwork.From(claim)));
        Assert.Equal(claim.Network, network.ToClaim().Network);
        Assert.Single(Directory.GetFiles(Path.Combine(_folder.FullName, "state")));
    }

    [Fact]
    public void Read_SomethingElse_SaysWhichFile()
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "made.json"), "no json");

        var failure = Assert.Throws<OverlayException>(() => new StateFile(_folder.FullName).Read());

        Assert.Contains("made.json", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Probe_RecordIsGarbage_SaysWhatToDo()
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "made.json"), "{bad");

        var failure = Assert.Throws<OverlayException>(() => new StateFile(_folder.FullName).Probe());

        Assert.Contains("delete it", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Probe_NoRecordCanBeWritten_SaysWhichFile()
    {
        // Root may write anywhere, but not over a folder.
        Directory.CreateDirectory(Path.Combine(_folder.FullName, "made.json.new"));

        var failure = Assert.Throws<OverlayException>(() => new StateFile(_folder.FullName).Probe());

        Assert.Contains("made.json", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Probe_Writable_LeavesNothingBehind()
    {
        new StateFile(_folder.FullName).Probe();

        Assert.Empty(_folder.GetFileSystemInfos());
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
