namespace Overlay.WireGuard.Control.Uapi;

/// <summary>Notices when a socket's file is taken away, which is how a user ends a device that runs in the background.</summary>
internal sealed class UapiSocketWatch : IDisposable
{
    private readonly TaskCompletionSource _removed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly FileSystemWatcher _watcher;
    private readonly string _path;

    public UapiSocketWatch(string path)
    {
        _path = path;
        _watcher = new FileSystemWatcher(Path.GetDirectoryName(path)!, Path.GetFileName(path)) { NotifyFilter = NotifyFilters.FileName };
        _watcher.Deleted += (_, _) => _removed.TrySetResult();
        _watcher.Renamed += (_, _) => _removed.TrySetResult();
        // Another file was put over it.
        _watcher.Created += (_, _) => _removed.TrySetResult();
        // Events were lost, or the folder itself is gone.
        _watcher.Error += (_, _) => Look();
        _watcher.EnableRaisingEvents = true;
        // It may have gone before anybody watched.
        Look();
    }

    public Task Removed => _removed.Task;

    public void Dispose() => _watcher.Dispose();

    private void Look()
    {
        if (!File.Exists(_path))
        {
            _removed.TrySetResult();
        }
    }
}
