using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Overlay.Core.Leases;

namespace Overlay.Sqlite;

/// <summary>A lease store in one SQLite file (WAL) that the processes of one machine share. The file is opened, or made, at the first use. What was
/// acknowledged is on the disk.</summary>
public sealed class SqliteLeaseStore : ILeaseStore, IDisposable
{
    // Timers stand still while the machine sleeps, and the wall clock may be set: expiries are looked for at least this often.
    private static readonly TimeSpan _longestWait = TimeSpan.FromMinutes(1);

    private readonly string _path;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly int _historyLimit;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private SqliteTables? _tables;
    private SqliteChangeSignal? _signal;

    /// <summary>Names the file.</summary>
    /// <param name="path">The file; its folder is made when missing.</param>
    /// <param name="clock">Tells when entries expire; the same one for all that share the file.</param>
    /// <param name="logger">Is told when the file cannot be watched.</param>
    /// <param name="historyLimit">How many changes a watch can look back; at least one.</param>
    public SqliteLeaseStore(string path, TimeProvider clock, ILogger<SqliteLeaseStore> logger, int historyLimit = 10_000)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentOutOfRangeException.ThrowIfLessThan(historyLimit, 1);
        _path = Path.GetFullPath(path);
        _clock = clock;
        _logger = logger;
        _historyLimit = historyLimit;
    }

    private long Now => _clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <inheritdoc/>
    public ValueTask<StoreSnapshot> ReadAsync(CancellationToken cancellationToken) => RunAsync(tables => tables.ReadAll(Now), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<StoreVerdict> TryWriteAsync(StoreWrite write, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(write);
        return await RunAsync(tables => tables.Write(write, Now, (_clock.GetUtcNow() + write.TimeToLive)?.ToUnixTimeMilliseconds()), cancellationToken);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoreNotice> WatchAsync(long after, string? key, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            var (changes, nextExpiry, changed) = await RunAsync(
                tables =>
                {
                    // Taken before reading, so that a change in between is not missed.
                    var next = _signal!.Next;
                    var expiry = tables.NoticeExpiries(Now);
                    return (tables.ReadHistory(after), expiry, next);
                },
                cancellationToken);
            if (changes is null)
            {
                yield return new StoreNotice.HistoryLost();
                yield break;
            }

            var hasNews = changes.Items.Count > 0;
            after = changes.Version;
            if (key is not null)
            {
                changes = changes with { Items = [.. changes.Items.Where(change => change.Key == key)] };
            }

            if (changes.Items.Count > 0)
            {
                yield return changes;
            }

            if (!hasNews)
            {
                await WaitAsync(changed, nextExpiry, cancellationToken);
            }
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        _gate.Wait();
        Close();
        _gate.Release();
    }

    private async Task WaitAsync(Task changed, long? nextExpiry, CancellationToken cancellationToken)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var wait = nextExpiry is { } expiry && expiry - Now is var left && left < _longestWait.TotalMilliseconds ? TimeSpan.FromMilliseconds(Math.Max(left, 0)) : _longestWait;
        await Task.WhenAny(changed, Task.Delay(wait, _clock, waiting.Token));
        await waiting.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
    }

    private async ValueTask<T> RunAsync<T>(Func<SqliteTables, T> work, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            var tables = Open();
            var result = work(tables);
            if (tables.HasChanged)
            {
                tables.HasChanged = false;
                _signal!.Announce();
            }

            return result;
        }
        catch (SqliteException exception)
        {
            throw SqliteFailures.Explain(_path, exception);
        }
        finally
        {
            _gate.Release();
        }
    }

    private SqliteTables Open()
    {
        if (_signal?.TakeReplaced() == true)
        {
            Close();
        }

        if (_tables is null)
        {
            var connection = SqliteFile.Open(_path, _clock);
            _signal ??= new SqliteChangeSignal(_path, _logger);
            _tables = new SqliteTables(connection, _historyLimit);
        }

        return _tables;
    }

    private void Close()
    {
        _tables?.Dispose();
        _tables = null;
        _signal?.Dispose();
        _signal = null;
    }
}
