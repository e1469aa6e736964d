using Microsoft.Extensions.Logging;
using Overlay.Core.Diagnostics;

namespace Overlay.Etcd.Connection;

/// <summary>The connection that all calls share, to one of the servers. When it fails, the next call gets a new one to the next server, with the certificate
/// files as they are then.</summary>
internal sealed partial class EtcdConnection : IDisposable
{
    private static readonly Uri[] _flannelsEndpoints = [new("http://127.0.0.1:4001"), new("http://127.0.0.1:2379")];

    private readonly EtcdOptions _options;
    private readonly Uri[] _endpoints;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private EtcdChannel? _channel;
    private int _next;

    public EtcdConnection(EtcdOptions options, Random random, ILogger logger)
    {
        _options = options;
        _logger = logger;
        _endpoints = [.. options.Endpoints.Count > 0 ? options.Endpoints : _flannelsEndpoints];
        // Otherwise all nodes would load the first server.
        random.Shuffle(_endpoints);
        if (options.CertificateAuthorityFile.Length + options.CertificateFile.Length > 0 && Array.Find(_endpoints, endpoint => endpoint.Scheme == "http") is { } open)
        {
            Log.NotEncrypted(logger, open);
        }
    }

    /// <summary>How many servers there are.</summary>
    public int Servers => _endpoints.Length;

    /// <summary>The connection; it is made when there is none.</summary>
    /// <exception cref="Core.Leases.LeaseStoreException">A certificate file cannot be used.</exception>
    public EtcdChannel Get()
    {
        lock (_lock)
        {
            if (_channel is null)
            {
                var endpoint = _endpoints[_next];
                _channel = new EtcdChannel(endpoint, endpoint.Scheme == "https" ? EtcdTls.Load(_options) : null);
            }

            return _channel;
        }
    }

    /// <summary>Gives up a connection that has failed, unless somebody did already; what still runs on it fails too.</summary>
    public void Abandon(EtcdChannel failed, string reason)
    {
        lock (_lock)
        {
            if (_channel != failed)
            {
                return;
            }

            _channel = null;
            _next = (_next + 1) % _endpoints.Length;
        }

        Log.Abandoned(_logger, failed.Endpoint, reason, _endpoints[_next]);
        failed.Dispose();
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _channel?.Dispose();
            _channel = null;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.Etcd + 0, LogLevel.Warning, "Certificate files are given, but {Endpoint} is http: what goes there is neither encrypted nor authenticated")]
        public static partial void NotEncrypted(ILogger logger, Uri endpoint);

        // Whether that matters is said by whoever has asked, once.
        [LoggerMessage(EventIds.Etcd + 1, LogLevel.Debug, "etcd at {Endpoint} does not serve ({Reason}); the next call goes to {Next}")]
        public static partial void Abandoned(ILogger logger, Uri endpoint, string reason, Uri next);
    }
}
