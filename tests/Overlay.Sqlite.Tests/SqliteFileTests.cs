using System.Globalization;
using Microsoft.Data.Sqlite;
using Overlay.Core.Leases;
using Overlay.TestKit.Leases;
using Xunit;

namespace Overlay.Sqlite.Tests;

/// <summary>Files that are no lease store, or not one for us.</summary>
public sealed class SqliteFileTests : IDisposable
{
    private readonly TemporaryStore _files = new();

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData(10)]
    [InlineData(1_000)]
    [InlineData(100_000)]
    public async Task Open_OtherFile_IsRefusedUnchanged(int size)
    {
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        await File.WriteAllBytesAsync(_files.Path, bytes, TestContext.Current.CancellationToken);

        await AssertRefusedAsync("is not an intact SQLite database", isTransient: false);
    }

    [Theory]
    [InlineData(0.3)]
    [InlineData(0.7)]
    [InlineData(0.95)]
    public async Task Open_DamagedStore_IsRefusedUnchanged(double place)
    {
        await FillAsync();
        var bytes = await File.ReadAllBytesAsync(_files.Path, TestContext.Current.CancellationToken);
        new Random(1).NextBytes(bytes.AsSpan((int)(bytes.Length * place) / 4096 * 4096, 4096));
        await File.WriteAllBytesAsync(_files.Path, bytes, TestContext.Current.CancellationToken);

        await AssertRefusedAsync("is not an intact SQLite database", isTransient: false);
    }

    [Fact]
    public async Task Open_TruncatedStore_IsRefusedUnchanged()
    {
        await FillAsync();
        await using (var file = File.OpenWrite(_files.Path))
        {
            file.SetLength(file.Length / 2);
        }

        await AssertRefusedAsync("is not an intact SQLite database", isTransient: false);
    }

    [Fact]
    public async Task Open_NewerSchema_IsRefusedUnchanged()
    {
        await FillAsync();
        Execute("PRAGMA user_version = 7");

        await AssertRefusedAsync("was written by a newer version of this program: its schema is 7, this one knows 1", isTransient: false);
    }

    [Fact]
    public async Task Open_OtherProgramsDatabase_IsRefusedUnchanged()
    {
        Execute("CREATE TABLE songs (title TEXT)");

        await AssertRefusedAsync("is another program's database", isTransient: false);
    }

    [Fact]
    public async Task Open_Folder_IsRefused()
    {
        Directory.CreateDirectory(_files.Path);

        var refusal = await Assert.ThrowsAsync<LeaseStoreException>(() => ReadAsync());

        Assert.Contains("is a folder", refusal.Message, StringComparison.Ordinal);
    }

    // In /proc nobody can make files or folders, not even root.
    [Theory]
    [InlineData("/proc/leases.db")]
    [InlineData("/proc/overlay/leases.db")]
    public async Task Open_FolderThatCannotBeWritten_SaysSo(string path)
    {
        using var store = new SqliteLeaseStore(path, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger<SqliteLeaseStore>.Instance);

        var refusal = await Assert.ThrowsAsync<LeaseStoreException>(() => store.ReadAsync(TestContext.Current.CancellationToken).AsTask());

        Assert.StartsWith($"The lease store {path} cannot be opened for writing", refusal.Message, StringComparison.Ordinal);
        Assert.False(refusal.IsTransient);
    }

    [Fact]
    public async Task Write_LockedByAnotherProcess_FailsForNow()
    {
        await FillAsync();
        using var other = new SqliteConnection($"Data Source={_files.Path};Pooling=false");
        other.Open();
        using var transaction = other.BeginTransaction(deferred: false);

        await AssertRefusedAsync("is locked by another process", isTransient: true);
    }

    [Fact]
    public async Task Open_ManyAtOnceOnNoFile_AllWork()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            var store = _files.Open(TimeProvider.System);
            for (var attempt = 0; ; attempt++)
            {
                try
                {
                    await store.ReadAsync(TestContext.Current.CancellationToken);
                    return;
                }
                catch (LeaseStoreException exception) when (exception.IsTransient && attempt < 20)
                {
                    // What the lease manager does too.
                }
            }
        })));
    }

    [Fact]
    public async Task Watch_FileDeletedAndMadeAnew_LosesItsHistoryAndGoesOn()
    {
        var store = _files.Open(TimeProvider.System);
        var version = (await store.ReadAsync(TestContext.Current.CancellationToken)).Version;
        await using var watch = store.WatchAsync(version, null, TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        var notice = watch.NextAsync();

        foreach (var file in Directory.GetFiles(_files.Folder))
        {
            File.Delete(file);
        }

        Assert.IsType<StoreNotice.HistoryLost>(await notice);
        Assert.True((await store.ReadAsync(TestContext.Current.CancellationToken)).Version > version);
        Assert.True(File.Exists(_files.Path));
    }

    [Fact]
    public async Task Reservation_MadeByAnAdministratorInSql_IsAnEntryWithoutEnd()
    {
        var store = _files.Open(TimeProvider.System);
        var version = (await store.ReadAsync(TestContext.Current.CancellationToken)).Version;
        await using var changes = store.ChangesAsync(version).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        var made = changes.NextAsync();

        Execute("INSERT INTO reservations VALUES ('10.244.5.0-24', '192.168.1.5', NULL)");

        var entry = (await made).Entry!;
        Assert.Equal(("10.244.5.0-24", null), (entry.Key, entry.Expires));
        Assert.Equal("""{"PublicIP":"192.168.1.5","PublicIPv6":null}""", System.Text.Encoding.UTF8.GetString(entry.Value.Span));
        Assert.Contains("leased or reserved", Assert.Throws<SqliteException>(() => Execute("INSERT INTO reservations VALUES ('10.244.5.0-24', '192.168.1.6', NULL)")).Message, StringComparison.Ordinal);
        Execute("DELETE FROM reservations WHERE public_ip = '192.168.1.5'");
        Assert.Equal(("10.244.5.0-24", null), (await changes.NextAsync() is var gone ? gone.Key : "", gone.Entry));
    }

    private async Task AssertRefusedAsync(string message, bool isTransient)
    {
        var before = await File.ReadAllBytesAsync(_files.Path, TestContext.Current.CancellationToken);

        var refusal = await Assert.ThrowsAsync<LeaseStoreException>(() => WriteAsync());

        Assert.Contains(message, refusal.Message, StringComparison.Ordinal);
        Assert.StartsWith($"The lease store {_files.Path} ", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(isTransient, refusal.IsTransient);
        Assert.Equal(before, await File.ReadAllBytesAsync(_files.Path, TestContext.Current.CancellationToken));
    }

    private async Task<StoreSnapshot> ReadAsync() => await _files.Open(TimeProvider.System).ReadAsync(TestContext.Current.CancellationToken);

    private async Task WriteAsync() => await _files.Open(TimeProvider.System).TryWriteAsync(
        new StoreWrite { Key = "a", Value = [1], ExpectedVersion = 0 }, TestContext.Current.CancellationToken);

    private async Task FillAsync()
    {
        using var store = new SqliteLeaseStore(_files.Path, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger<SqliteLeaseStore>.Instance);
        for (var i = 0; i < 100; i++)
        {
            await store.TryWriteAsync(
                new StoreWrite { Key = i.ToString(CultureInfo.InvariantCulture), Value = new byte[1000], ExpectedVersion = 0, TimeToLive = TimeSpan.FromDays(1) }, TestContext.Current.CancellationToken);
        }
    }

    private void Execute(string statement)
    {
        using var connection = new SqliteConnection($"Data Source={_files.Path};Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Constants of these tests.
        command.CommandText = statement;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }
}
