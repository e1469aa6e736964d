using Overlay.TestKit.Agents;
using Xunit;

namespace Overlay.Agent.Tests.SystemTests;

/// <summary>What <c>dotnet publish</c> gives is what is installed: one folder.</summary>
public sealed class PublishedFolderTests : SystemTest
{
    [Fact]
    public void Folder_IsTheBinaryAndItsNativeLibraries()
    {
        Assert.SkipUnless(OverlaydBinary.IsPublished, "OVERLAYD names no published overlayd");
        var folder = Path.GetDirectoryName(OverlaydBinary.Path)!;

        Assert.Equal(["libe_sqlite3.so", "libsodium.so", "overlayd"], Directory.EnumerateFileSystemEntries(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }
}
