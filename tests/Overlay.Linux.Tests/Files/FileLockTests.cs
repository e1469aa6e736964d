using System.ComponentModel;
using Overlay.Linux.Files;
using Xunit;

namespace Overlay.Linux.Tests.Files;

[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class FileLockTests : IDisposable
{
    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(30);

    private readonly string _folder = Directory.CreateTempSubdirectory("ovlock-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Acquire_Held_WaitsUntilItIsLetGo()
    {
        var path = Path.Combine(_folder, "lock");
        var first = FileLock.Acquire(path);
        var second = Task.Run(() => FileLock.Acquire(path), TestContext.Current.CancellationToken);
        Assert.False(second.IsCompleted);

        first.Dispose();

        (await second.WaitAsync(_deadline, TestContext.Current.CancellationToken)).Dispose();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
    }

    [Fact]
    public void Acquire_NoFolder_SaysWhichFile()
    {
        var exception = Assert.Throws<Win32Exception>(() => FileLock.Acquire(Path.Combine(_folder, "missing", "lock")));

        Assert.Equal(2, exception.NativeErrorCode);
        Assert.Contains("missing/lock", exception.Message, StringComparison.Ordinal);
    }
}
