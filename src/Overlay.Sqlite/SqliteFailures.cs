using Microsoft.Data.Sqlite;
using Overlay.Core.Leases;

namespace Overlay.Sqlite;

/// <summary>Says what SQLite's refusals mean for the user.</summary>
internal static class SqliteFailures
{
    // https://www.sqlite.org/rescode.html
    public const int Busy = 5;
    private const int Permission = 3;
    private const int Locked = 6;
    private const int ReadOnly = 8;
    private const int InputOutput = 10;
    private const int Corrupt = 11;
    private const int Full = 13;
    private const int CannotOpen = 14;
    private const int NotADatabase = 26;

    /// <summary>Turns SQLite's exception into ours.</summary>
    public static LeaseStoreException Explain(string path, SqliteException exception) => exception.SqliteErrorCode switch
    {
        Busy or Locked => new($"The lease store {path} is locked by another process.", exception) { IsTransient = true },
        Full => new($"The lease store {path} cannot grow: the disk is full.", exception) { IsTransient = true },
        InputOutput => new($"The lease store {path} cannot be read or written: {exception.Message}", exception) { IsTransient = true },
        Corrupt or NotADatabase => Damaged(path, exception),
        ReadOnly or CannotOpen or Permission => Forbidden(path, exception.Message, exception),
        _ => new($"The lease store {path} failed: {exception.Message}", exception),
    };

    /// <summary>The file or its folder may not be written.</summary>
    public static LeaseStoreException Forbidden(string path, string reason, Exception exception) => new(
        $"The lease store {path} cannot be opened for writing ({reason.TrimEnd('.')}). The file and its folder must be writable by this process, because SQLite keeps its log beside the file.",
        exception);

    /// <summary>The file is not an intact database.</summary>
    public static LeaseStoreException Damaged(string path, Exception exception) => new(
        $"The lease store {path} is not an intact SQLite database ({exception.Message.TrimEnd('.')}). It was left as it is. Restore it from a copy; or move it and the files beside it away, and the nodes will take new leases.",
        exception);
}
