using Microsoft.Data.Sqlite;
using Overlay.Core.Leases;

namespace Overlay.Sqlite;

/// <summary>Opens a lease store's file, after it has made sure, without writing, that the file is one.</summary>
internal static class SqliteFile
{
    // In seconds; SQLite itself waits longer, see busy_timeout. The library's own retries wait 150 ms each, SQLite's a few.
    private const int LibraryTimeout = 1;

    /// <summary>Opens the file, makes it when missing, and brings it into the state that the store needs.</summary>
    /// <exception cref="LeaseStoreException">The file cannot be used; the message says why.</exception>
    public static SqliteConnection Open(string path, TimeProvider clock)
    {
        try
        {
            if (Path.GetDirectoryName(path) is { Length: > 0 } folder)
            {
                Directory.CreateDirectory(folder);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw SqliteFailures.Forbidden(path, exception.Message, exception);
        }

        if (Directory.Exists(path))
        {
            throw new LeaseStoreException($"The lease store {path} is a folder; it must be a file.");
        }

        SqliteConnection? connection = null;
        try
        {
            if (File.Exists(path))
            {
                Check(path);
            }

            connection = Connect(path, SqliteOpenMode.ReadWriteCreate);
            connection.Execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
            // Also finds out whether the file can be written: SQLite opens a read-only file without a word.
            using var transaction = connection.BeginTransaction(deferred: false);
            if (connection.ReadNumber("PRAGMA user_version") == 0)
            {
                using var create = connection.CreateCommand();
                create.CommandText = SqliteSchema.Create;
                create.Parameters.AddWithValue("$start", clock.GetUtcNow().ToUnixTimeMilliseconds());
                create.ExecuteNonQuery();
                connection.Execute($"PRAGMA application_id = {SqliteSchema.ApplicationId}; PRAGMA user_version = {SqliteSchema.Version};");
            }

            transaction.Commit();
            return connection;
        }
        catch (SqliteException exception)
        {
            connection?.Dispose();
            throw SqliteFailures.Explain(path, exception);
        }
    }

    /// <summary>Looks at a file that stands there already. The connection cannot write, so that a file which is refused stays as it is.</summary>
    private static void Check(string path)
    {
        using var connection = Connect(path, SqliteOpenMode.ReadOnly);
        long version, tables;
        bool isOurs;
        // One moment for all three: another process may be making the tables just now.
        using (var moment = connection.BeginTransaction(deferred: true))
        {
            version = connection.ReadNumber("PRAGMA user_version");
            isOurs = connection.ReadNumber("PRAGMA application_id") == SqliteSchema.ApplicationId;
            tables = connection.ReadNumber("SELECT count(*) FROM sqlite_schema");
            moment.Commit();
        }

        if (version > SqliteSchema.Version && isOurs)
        {
            throw new LeaseStoreException(
                $"The lease store {path} was written by a newer version of this program: its schema is {version}, this one knows {SqliteSchema.Version}. It was left as it is. Use the newer program, or another file.");
        }

        if (!isOurs && tables > 0)
        {
            throw new LeaseStoreException($"The lease store {path} is another program's database. It was left as it is. Use another file.");
        }

        using var check = connection.CreateCommand();
        check.CommandText = "PRAGMA quick_check(1)";
        if (check.ExecuteScalar() is not "ok" and var finding)
        {
            throw SqliteFailures.Damaged(path, new InvalidDataException(finding?.ToString()?.ReplaceLineEndings(" ") ?? "quick_check failed"));
        }
    }

    private static SqliteConnection Connect(string path, SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false, DefaultTimeout = LibraryTimeout }.ToString());
        try
        {
            connection.Open();
            connection.Execute("PRAGMA busy_timeout = 5000;");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }
}
