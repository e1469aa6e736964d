using Microsoft.Data.Sqlite;
using Overlay.Core.Leases;

namespace Overlay.Sqlite;

/// <summary>The statements of a lease store over one open connection. Not for several threads. Expired rows count as absent everywhere.</summary>
internal sealed class SqliteTables : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly int _historyLimit;
    private readonly SqliteCommand _readState;
    private readonly SqliteCommand _readAll;
    private readonly SqliteCommand _readOne;
    private readonly SqliteCommand _findCreatedAfter;
    private readonly SqliteCommand _findExpired;
    private readonly SqliteCommand _findNextExpiry;
    private readonly SqliteCommand _put;
    private readonly SqliteCommand _delete;
    private readonly SqliteCommand _record;
    private readonly SqliteCommand _advance;
    private readonly SqliteCommand _forget;
    private readonly SqliteCommand _readHistory;

    public SqliteTables(SqliteConnection connection, int historyLimit)
    {
        _connection = connection;
        _historyLimit = historyLimit;
        _readState = connection.Prepare("SELECT version, floor FROM state");
        _readAll = connection.Prepare("SELECT key, value, version, created, expires FROM entries WHERE expires IS NULL OR expires > $now", "$now");
        _readOne = connection.Prepare("SELECT key, value, version, created, expires FROM entries WHERE key = $key", "$key");
        _findCreatedAfter = connection.Prepare("SELECT count(*) FROM (SELECT 1 FROM entries WHERE created > $after LIMIT 1)", "$after");
        _findExpired = connection.Prepare("SELECT key, created FROM entries WHERE expires <= $now ORDER BY expires, key", "$now");
        _findNextExpiry = connection.Prepare("SELECT min(expires) FROM entries WHERE expires IS NOT NULL");
        _put = connection.Prepare("INSERT OR REPLACE INTO entries VALUES ($key, $value, $version, $created, $expires)", "$key", "$value", "$version", "$created", "$expires");
        _delete = connection.Prepare("DELETE FROM entries WHERE key = $key", "$key");
        _record = connection.Prepare("INSERT INTO history VALUES ($version, $key, $value, $created, $expires)", "$version", "$key", "$value", "$created", "$expires");
        _advance = connection.Prepare("UPDATE state SET version = $version, floor = max(floor, $floor)", "$version", "$floor");
        _forget = connection.Prepare("DELETE FROM history WHERE version <= (SELECT floor FROM state)");
        _readHistory = connection.Prepare("SELECT key, value, version, created, expires FROM history WHERE version > $after ORDER BY version LIMIT 1000", "$after");
    }

    /// <summary>Whether something was written through this object; its user takes the flag down.</summary>
    public bool HasChanged { get; set; }

    /// <summary>Reads everything of one moment.</summary>
    public StoreSnapshot ReadAll(long now)
    {
        using var transaction = _connection.BeginTransaction(deferred: true);
        var (version, _) = ReadState(transaction);
        var entries = new List<StoreEntry>();
        using (var rows = _readAll.With(transaction, now).ExecuteReader())
        {
            while (rows.Read())
            {
                entries.Add(ReadEntry(rows));
            }
        }

        transaction.Commit();
        return new StoreSnapshot(version, entries);
    }

    /// <summary>Carries out a write, or refuses it, in one transaction.</summary>
    public StoreVerdict Write(StoreWrite write, long now, long? expires)
    {
        // Immediate: the right to write is taken before anything is read, so that what was read still holds at the commit.
        using var transaction = _connection.BeginTransaction(deferred: false);
        var version = RemoveExpired(transaction, now);
        var current = ReadOne(transaction, write.Key);
        if ((current?.Version ?? 0) != write.ExpectedVersion || (write.NoKeyCreatedAfter is { } after && HasKeyCreatedAfter(transaction, after)))
        {
            Commit(transaction, version);
            return new StoreVerdict(false, current);
        }

        if (write.Value is null && current is null)
        {
            Commit(transaction, version);
            return new StoreVerdict(true, null);
        }

        version++;
        var next = write.Value is not { } value ? null : new StoreEntry
        {
            Key = write.Key,
            Value = value,
            Version = version,
            CreateVersion = current?.CreateVersion ?? version,
            Expires = expires is { } end ? DateTimeOffset.FromUnixTimeMilliseconds(end) : null,
        };
        if (next is null)
        {
            Remove(transaction, write.Key, current!.CreateVersion, version);
        }
        else
        {
            var bytes = write.Value;
            _put.With(transaction, next.Key, bytes, version, next.CreateVersion, expires).ExecuteNonQuery();
            _record.With(transaction, version, next.Key, bytes, next.CreateVersion, expires).ExecuteNonQuery();
        }

        Commit(transaction, version);
        return new StoreVerdict(true, next);
    }

    /// <summary>The changes after a version, at most a thousand; <see langword="null"/> when they are not all known.</summary>
    public StoreNotice.Changes? ReadHistory(long after)
    {
        using var transaction = _connection.BeginTransaction(deferred: true);
        var (version, floor) = ReadState(transaction);
        if (after < floor || after > version)
        {
            return null;
        }

        var changes = new List<StoreChange>();
        if (after < version)
        {
            using var rows = _readHistory.With(transaction, after).ExecuteReader();
            while (rows.Read())
            {
                changes.Add(new StoreChange(rows.GetString(0), rows.GetInt64(2), rows.IsDBNull(1) ? null : ReadEntry(rows)));
            }
        }

        transaction.Commit();
        return new StoreNotice.Changes(changes, changes.Count > 0 ? changes[^1].Version : version);
    }

    /// <summary>Removes what has expired; <see langword="null"/> or the time of the next expiry.</summary>
    public long? NoticeExpiries(long now)
    {
        var next = ReadNextExpiry();
        if (next > now || next is null)
        {
            return next;
        }

        using (var transaction = _connection.BeginTransaction(deferred: false))
        {
            Commit(transaction, RemoveExpired(transaction, now));
        }

        return ReadNextExpiry();
    }

    public void Dispose()
    {
        foreach (var command in new[] { _readState, _readAll, _readOne, _findCreatedAfter, _findExpired, _findNextExpiry, _put, _delete, _record, _advance, _forget, _readHistory })
        {
            command.Dispose();
        }

        _connection.Dispose();
    }

    private static StoreEntry ReadEntry(SqliteDataReader row) => new()
    {
        Key = row.GetString(0),
        Value = row.GetFieldValue<byte[]>(1),
        Version = row.GetInt64(2),
        CreateVersion = row.GetInt64(3),
        Expires = row.IsDBNull(4) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(4)),
    };

    private (long Version, long Floor) ReadState(SqliteTransaction transaction)
    {
        using var rows = _readState.With(transaction).ExecuteReader();
        rows.Read();
        return (rows.GetInt64(0), rows.GetInt64(1));
    }

    private StoreEntry? ReadOne(SqliteTransaction transaction, string key)
    {
        using var rows = _readOne.With(transaction, key).ExecuteReader();
        return rows.Read() ? ReadEntry(rows) : null;
    }

    private bool HasKeyCreatedAfter(SqliteTransaction transaction, long after) => _findCreatedAfter.With(transaction, after).ExecuteScalar() is 1L;

    private long? ReadNextExpiry() => _findNextExpiry.With(null).ExecuteScalar() is long next ? next : null;

    /// <summary>Removes what has expired and gives the version after that.</summary>
    private long RemoveExpired(SqliteTransaction transaction, long now)
    {
        var (version, _) = ReadState(transaction);
        List<(string Key, long Created)> expired = [];
        using (var rows = _findExpired.With(transaction, now).ExecuteReader())
        {
            while (rows.Read())
            {
                expired.Add((rows.GetString(0), rows.GetInt64(1)));
            }
        }

        foreach (var (key, created) in expired)
        {
            Remove(transaction, key, created, ++version);
        }

        return version;
    }

    private void Remove(SqliteTransaction transaction, string key, long created, long version)
    {
        _delete.With(transaction, key).ExecuteNonQuery();
        _record.With(transaction, version, key, null, created, null).ExecuteNonQuery();
    }

    private void Commit(SqliteTransaction transaction, long version)
    {
        if (version == ReadState(transaction).Version)
        {
            return; // Nothing was written; the transaction ends without a commit.
        }

        HasChanged = true;
        _advance.With(transaction, version, version - _historyLimit).ExecuteNonQuery();
        _forget.With(transaction).ExecuteNonQuery();
        transaction.Commit();
    }
}
