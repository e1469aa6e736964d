using Overlay.Cni.Delegation;
using Overlay.Cni.Protocol;
using Xunit;

namespace Overlay.Cni.Tests.Delegation;

/// <summary>Files of flannel's plugin and ours in one folder (flannel-facts 8.8 to 8.10, without the overwriting).</summary>
public sealed class SavedConfigurationTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ovcni-saved-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Save_TwoInterfacesOfOneContainer_KeepsBoth()
    {
        SavedConfiguration.Save(_folder, new AttachmentKey("c1", "eth0"), """{"name":"a"}"""u8);
        SavedConfiguration.Save(_folder, new AttachmentKey("c1", "net1"), """{"name":"b"}"""u8);

        Assert.Equal("a", NameOf("eth0"));
        Assert.Equal("b", NameOf("net1"));
        Assert.Equal(["c1", "c1:net1"], Directory.EnumerateFiles(_folder).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Find_InterfaceWithoutAFile_DoesNotTakeAnothers()
    {
        SavedConfiguration.Save(_folder, new AttachmentKey("c1", "eth0"), """{"name":"a"}"""u8);

        Assert.Null(SavedConfiguration.Find(_folder, new AttachmentKey("c1", "net1")));
    }

    [Theory]
    [InlineData("eth0")]
    [InlineData("net1")]
    public void Find_FlannelsFile_IsOfAnyInterface(string name)
    {
        File.WriteAllText(Path.Combine(_folder, "c1"), """{"name":"flannels"}""");

        Assert.Equal("flannels", NameOf(name));
    }

    [Fact]
    public void List_GivesTheFilesOfTheNetworkOnly()
    {
        SavedConfiguration.Save(_folder, new AttachmentKey("c1", "eth0"), """{"name":"a"}"""u8);
        SavedConfiguration.Save(_folder, new AttachmentKey("c2", "net1"), """{"name":"a"}"""u8);
        SavedConfiguration.Save(_folder, new AttachmentKey("c3", "eth0"), """{"name":"b"}"""u8);
        File.WriteAllText(Path.Combine(_folder, ".addresses"), """{"name":"a"}""");
        File.WriteAllText(Path.Combine(_folder, "c4"), "rubbish");

        Assert.Equal(["c1/eth0", "c2/net1"], SavedConfiguration.List(_folder, "a").Select(saved => $"{saved.Key.ContainerId}/{saved.Key.InterfaceName}").Order(StringComparer.Ordinal));
    }

    private string? NameOf(string interfaceName) => SavedConfiguration.Find(_folder, new AttachmentKey("c1", interfaceName))?.Root.Member("name").Text("");
}
