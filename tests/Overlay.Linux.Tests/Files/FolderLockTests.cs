using Overlay.Linux.Files;
using Xunit;

namespace Overlay.Linux.Tests.Files;

public sealed class FolderLockTests : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ovt-lock");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Take_WhileAnotherHasIt_Waits()
    {
        var first = FolderLock.Take(_folder.FullName);
        var second = Task.Run(() => FolderLock.Take(_folder.FullName), TestContext.Current.CancellationToken);

        Assert.NotSame(second, await Task.WhenAny(second, Task.Delay(TimeSpan.FromMilliseconds(100), TestContext.Current.CancellationToken)));
        first.Dispose();

        (await second.WaitAsync(_patience, TestContext.Current.CancellationToken)).Dispose();
    }

    [Fact]
    public void Take_LeavesNoFile()
    {
        using (FolderLock.Take(_folder.FullName))
        {
            Assert.Empty(_folder.EnumerateFileSystemInfos());
        }
    }

    [Fact]
    public async Task TakeFile_WhileAnotherHasIt_Waits()
    {
        var file = Path.Combine(_folder.FullName, "lock");
        Assert.Throws<FileNotFoundException>(() => FolderLock.TakeFile(file));
        await File.WriteAllTextAsync(file, "", TestContext.Current.CancellationToken);
        var first = FolderLock.TakeFile(file);
        var second = Task.Run(() => FolderLock.TakeFile(file), TestContext.Current.CancellationToken);

        Assert.NotSame(second, await Task.WhenAny(second, Task.Delay(TimeSpan.FromMilliseconds(100), TestContext.Current.CancellationToken)));
        first.Dispose();

        (await second.WaitAsync(_patience, TestContext.Current.CancellationToken)).Dispose();
    }

    [Fact]
    public void Take_OfAFolderThatIsNotThere_SaysSo() =>
        Assert.Contains("/nowhere", Assert.Throws<DirectoryNotFoundException>(() => FolderLock.Take("/nowhere")).Message, StringComparison.Ordinal);
}
