using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Overlay.Core.Diagnostics;

namespace Overlay.Core.Configuration;

/// <summary>The network's configuration in a file, <c>net-conf.json</c>: read at start and watched. Its folder is watched rather than the file,
/// so that an editor's rename and a Kubernetes ConfigMap's exchanged link are seen too.</summary>
/// <param name="path">The file.</param>
/// <param name="parser">Reads the text.</param>
/// <param name="logger">Is told of a later text that cannot be used.</param>
public sealed partial class FileConfigurationSource(string path, NetworkConfigurationParser parser, ILogger<FileConfigurationSource> logger)
    : IConfigurationSource
{
    // Many programs write a file in more than one step; a text read between two of them is not what the user meant.
    private static readonly TimeSpan _settling = TimeSpan.FromMilliseconds(100);

    /// <inheritdoc/>
    public async IAsyncEnumerable<NetworkConfiguration> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        using var watcher = Watch(changes.Writer);
        var text = ConfigurationText.Read(path);
        var current = parser.Parse(text, path);
        if (current.Backend.IsAssumed)
        {
            Log.BackendAssumed(logger, path, current.Backend.Type);
        }

        yield return current;
        while (watcher is not null && await changes.Reader.WaitToReadAsync(cancellationToken))
        {
            await Task.Delay(_settling, TimeProvider.System, cancellationToken);
            changes.Reader.TryRead(out _);
            if (TryReadOther(ref text) is { } next && next != current)
            {
                Log.Changed(logger, path);
                current = next;
                yield return current;
            }
        }

        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
    }

    private NetworkConfiguration? TryReadOther(ref string text)
    {
        try
        {
            var read = ConfigurationText.Read(path);
            if (read == text)
            {
                return null;
            }

            text = read;
            return parser.Parse(read, path);
        }
        catch (ConfigurationException exception)
        {
            Log.Unusable(logger, path, exception.Message);
            return null;
        }
    }

    /// <summary>Starts to watch before the first reading, so that no change falls between the two; <see langword="null"/> where that is impossible.</summary>
    private FileSystemWatcher? Watch(ChannelWriter<bool> changes)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path));
        if (!Directory.Exists(folder))
        {
            return null;
        }

        FileSystemWatcher? watcher = null;
        try
        {
            watcher = new FileSystemWatcher(folder) { NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.LastWrite | NotifyFilters.Size };
            watcher.Created += (_, _) => changes.TryWrite(true);
            watcher.Changed += (_, _) => changes.TryWrite(true);
            watcher.Renamed += (_, _) => changes.TryWrite(true);
            watcher.Error += (_, _) => changes.TryWrite(true);
            watcher.EnableRaisingEvents = true;
            return watcher;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            watcher?.Dispose();
            Log.NotWatched(logger, path, exception.Message);
            return null;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.Configuration + 1, LogLevel.Warning, "{Path} names no backend: {Backend} is assumed (flannel would take udp)")]
        public static partial void BackendAssumed(ILogger logger, string path, string backend);

        [LoggerMessage(EventIds.Configuration + 2, LogLevel.Information, "{Path} has changed")]
        public static partial void Changed(ILogger logger, string path);

        [LoggerMessage(EventIds.Configuration + 3, LogLevel.Error, "{Path} cannot be used any more, the configuration before stays in force: {Mistakes}")]
        public static partial void Unusable(ILogger logger, string path, string mistakes);

        [LoggerMessage(EventIds.Configuration + 4, LogLevel.Warning, "{Path} cannot be watched for changes, they take effect at the next start: {Reason}")]
        public static partial void NotWatched(ILogger logger, string path, string reason);
    }
}
