using Overlay.Linux.Files;
using Xunit;

namespace Overlay.Linux.Tests.Files;

public sealed class FileIdentityTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ovt-identity").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Find_FileThatIsOpen_IsTheSameUntilAnotherTakesItsName()
    {
        var (path, other) = (Path.Combine(_folder, "ä file"), Path.Combine(_folder, "other"));
        using var handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        var identity = FileIdentity.Of(handle);
        Assert.Equal(identity, FileIdentity.Find(path));

        File.WriteAllText(other, "");
        File.Move(other, path, overwrite: true);

        Assert.Equal(identity, FileIdentity.Of(handle));
        Assert.NotEqual(identity, FileIdentity.Find(path));
    }

    [Fact]
    public void Find_NoFile_FindsNothing() => Assert.Null(FileIdentity.Find(Path.Combine(_folder, "missing")));
}
