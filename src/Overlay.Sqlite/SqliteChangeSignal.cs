using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Overlay.Core.Diagnostics;

namespace Overlay.Sqlite;

/// <summary>Tells when somebody, in this process or another, may have written to the file: inotify on the file's folder, for the write-ahead log.</summary>
internal sealed partial class SqliteChangeSignal : IDisposable
{
    // The kernel announces a write to the log before SQLite makes it visible to readers. Writers of ours touch the log after their commit, which is
    // announced too; these second looks are for writers that died in between, and for other programs.
    private static readonly TimeSpan[] _secondLooks = [TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(1)];

    private readonly Channel<bool> _events = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource _ending = new();
    private readonly FileSystemWatcher? _watcher;
    private readonly string _path;
    private volatile TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isReplaced;

    /// <summary>Starts to watch the folder, which must exist.</summary>
    public SqliteChangeSignal(string path, ILogger logger)
    {
        _path = path;
        var name = Path.GetFileName(path);
        try
        {
            _watcher = new FileSystemWatcher(Path.GetDirectoryName(path)!, name + "*")
            {
                NotifyFilter = NotifyFilters.Attributes | NotifyFilters.FileName | NotifyFilters.LastWrite | NotifyFilters.Size,
            };
            _watcher.Changed += (_, change) => Notice(change.Name, name);
            _watcher.Created += (_, change) => Notice(change.Name, name);
            _watcher.Deleted += (_, change) => NoticeEnd(change.Name, name);
            _watcher.Renamed += (_, change) => NoticeEnd(change.OldName, name);
            _watcher.Error += (_, _) => _events.Writer.TryWrite(true);
            _watcher.EnableRaisingEvents = true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _watcher?.Dispose();
            _watcher = null;
            Log.NotWatched(logger, path, exception.Message);
        }

        _ = RunAsync();
    }

    /// <summary>Completes at the next change. Take it before reading what may change.</summary>
    public Task Next => _next.Task;

    /// <summary>Whether the file was deleted or renamed since this was last asked: the open connection then leads nowhere.</summary>
    public bool TakeReplaced()
    {
        var isReplaced = _isReplaced;
        _isReplaced = false;
        return isReplaced;
    }

    /// <summary>Wakes this process's watches, and by touching the log those of others.</summary>
    public void Announce()
    {
        Fire();
        try
        {
            File.SetLastWriteTimeUtc(_path + "-wal", TimeProvider.System.GetUtcNow().UtcDateTime);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Then the others take their second look.
        }
    }

    public void Dispose()
    {
        _watcher?.Dispose();
        _ending.Cancel();
        _ending.Dispose();
        Fire();
    }

    private void Notice(string? changed, string name)
    {
        // Readers write to "-shm" all the time.
        if (changed == name || changed == name + "-wal")
        {
            _events.Writer.TryWrite(true);
        }
    }

    private void NoticeEnd(string? changed, string name)
    {
        if (changed == name)
        {
            _isReplaced = true;
            _events.Writer.TryWrite(true);
        }
    }

    private void Fire() => Interlocked.Exchange(ref _next, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    private async Task RunAsync()
    {
        var ending = _ending.Token;
        try
        {
            while (true)
            {
                if (_watcher is null)
                {
                    await Task.Delay(_secondLooks[^1], TimeProvider.System, ending);
                }
                else
                {
                    await _events.Reader.ReadAsync(ending);
                }

                Fire();
                foreach (var wait in _secondLooks.TakeWhile(_ => _watcher is not null))
                {
                    using var waiting = CancellationTokenSource.CreateLinkedTokenSource(ending);
                    var news = _events.Reader.WaitToReadAsync(waiting.Token).AsTask();
                    if (await Task.WhenAny(news, Task.Delay(wait, TimeProvider.System, waiting.Token)) == news)
                    {
                        break;
                    }

                    await waiting.CancelAsync();
                    Fire();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.Sqlite + 1, LogLevel.Warning, "Changes of {Path} by other processes are noticed late, because it cannot be watched: {Reason}")]
        public static partial void NotWatched(ILogger logger, string path, string reason);
    }
}
