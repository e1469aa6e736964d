using System.Runtime.CompilerServices;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using Overlay.Core.Configuration;
using Overlay.Core.Diagnostics;
using Overlay.Core.Leases;
using Overlay.Etcd.Connection;
using Overlay.Etcd.Protocol;

namespace Overlay.Etcd;

/// <summary>The network's configuration under <c>PREFIX/config</c>: read, and read again whenever the key's watch says something. It waits for a key that is
/// not there yet, as flannel does.</summary>
internal sealed partial class EtcdConfigurationSource(EtcdClient client, EtcdKeys keys, NetworkConfigurationParser parser, Random random, ILogger<EtcdConfigurationSource> logger)
    : IConfigurationSource, IStoreHealth
{
    private readonly ByteString _key = ByteString.CopyFromUtf8(keys.Configuration);
    private readonly string _where = $"etcd {keys.Configuration}";
    private volatile string? _fault;

    /// <inheritdoc/>
    public string? StoreFault => _fault;

    /// <inheritdoc/>
    public async IAsyncEnumerable<NetworkConfiguration> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? text = null;
        NetworkConfiguration? current = null;
        while (true)
        {
            var (read, revision) = await ReadAsync(isFirst: current is null, cancellationToken);
            if (read is null)
            {
                NoteMissing(isFirst: current is null);
            }
            else if (read != text)
            {
                text = read;
                if (Parse(read, isFirst: current is null) is { } next && next != current)
                {
                    current = next;
                    yield return next;
                }
            }

            await WaitForChangeAsync(revision, cancellationToken);
        }
    }

    /// <summary>Reads the key; an outage is outlived. A refusal is thrown only at the start: later it may be mended while the node goes on.</summary>
    private async Task<(string? Text, long Revision)> ReadAsync(bool isFirst, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                var answer = await client.RangeAsync(new RangeRequest { Key = _key }, EtcdClient.Short, cancellationToken);
                NoteAnswer();
                return (answer.Kvs.FirstOrDefault()?.Value.ToStringUtf8(), answer.Header.Revision);
            }
            catch (LeaseStoreException exception) when (exception.IsTransient || !isFirst)
            {
                await OutliveAsync(exception, cancellationToken);
            }
        }
    }

    /// <summary>Waits for something that makes another reading worthwhile.</summary>
    private async Task WaitForChangeAsync(long revision, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var progress in new EtcdWatch(client, _key, ByteString.Empty).RunAsync(revision, cancellationToken))
            {
                if (progress.IsLost || progress.Events.Count > 0)
                {
                    return;
                }
            }
        }
        catch (LeaseStoreException exception)
        {
            await OutliveAsync(exception, cancellationToken);
        }
    }

    private NetworkConfiguration? Parse(string text, bool isFirst)
    {
        try
        {
            var configuration = parser.Parse(text, _where);
            if (!isFirst)
            {
                Log.Changed(logger, _where);
            }
            else if (configuration.Backend.IsAssumed)
            {
                Log.BackendAssumed(logger, _where, configuration.Backend.Type);
            }

            return configuration;
        }
        catch (ConfigurationException exception) when (!isFirst)
        {
            Log.Unusable(logger, _where, exception.Message);
            return null;
        }
    }

    private void NoteMissing(bool isFirst)
    {
        if (isFirst)
        {
            _fault = $"{_where} does not exist; this node waits for it";
            Log.Missing(logger, _where);
        }
        else
        {
            Log.Deleted(logger, _where);
        }
    }

    private void NoteAnswer()
    {
        if (_fault is not null)
        {
            _fault = null;
            Log.Answers(logger);
        }
    }

    private async Task OutliveAsync(LeaseStoreException exception, CancellationToken cancellationToken)
    {
        if (_fault is null)
        {
            Log.Failed(logger, exception.Message);
        }

        _fault = exception.Message;
        await Task.Delay(TimeSpan.FromSeconds(0.5 + (random.NextDouble() / 2)), TimeProvider.System, cancellationToken);
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.Etcd + 10, LogLevel.Warning, "{Key} names no backend: {Backend} is assumed (flannel would take udp)")]
        public static partial void BackendAssumed(ILogger logger, string key, string backend);

        [LoggerMessage(EventIds.Etcd + 11, LogLevel.Information, "{Key} has changed")]
        public static partial void Changed(ILogger logger, string key);

        [LoggerMessage(EventIds.Etcd + 12, LogLevel.Error, "{Key} cannot be used any more, the configuration before stays in force: {Mistakes}")]
        public static partial void Unusable(ILogger logger, string key, string mistakes);

        [LoggerMessage(EventIds.Etcd + 13, LogLevel.Warning, "{Key} does not exist; waiting for it. Write the network's configuration to it with etcdctl put")]
        public static partial void Missing(ILogger logger, string key);

        [LoggerMessage(EventIds.Etcd + 14, LogLevel.Warning, "{Key} was deleted; the configuration before stays in force")]
        public static partial void Deleted(ILogger logger, string key);

        [LoggerMessage(EventIds.Etcd + 15, LogLevel.Warning, "The network's configuration cannot be read and is tried again: {Reason}")]
        public static partial void Failed(ILogger logger, string reason);

        [LoggerMessage(EventIds.Etcd + 16, LogLevel.Information, "The network's configuration can be read again")]
        public static partial void Answers(ILogger logger);
    }
}
