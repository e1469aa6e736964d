using Microsoft.Extensions.Logging.Abstractions;

namespace Overlay.Sqlite.Tests;

/// <summary>A folder for one test's store file, and everything that the test opens in it.</summary>
public sealed class TemporaryStore : IDisposable
{
    private readonly List<SqliteLeaseStore> _opened = [];

    public string Folder { get; } = Directory.CreateTempSubdirectory($"ovleases{Environment.ProcessId}-").FullName;

    public string Path => System.IO.Path.Combine(Folder, "leases.db");

    public SqliteLeaseStore Open(TimeProvider clock, int historyLimit = 10_000)
    {
        var store = new SqliteLeaseStore(Path, clock, NullLogger<SqliteLeaseStore>.Instance, historyLimit);
        lock (_opened)
        {
            _opened.Add(store);
        }

        return store;
    }

    public void Dispose()
    {
        _opened.ForEach(store => store.Dispose());
        Directory.Delete(Folder, recursive: true);
    }
}
