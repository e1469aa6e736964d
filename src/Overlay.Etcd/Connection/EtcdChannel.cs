using System.Net.Security;
using Grpc.Net.Client;
using Overlay.Core.Leases;
using Overlay.Etcd.Protocol;

namespace Overlay.Etcd.Connection;

/// <summary>One connection to one server, with the parts of etcd's API on it.</summary>
internal sealed class EtcdChannel : IDisposable
{
    // Ten thousand leases in one answer are about 4 MB, gRPC's limit; etcd itself sends up to 2 GiB. This is room for pages of values of 3 KB each.
    private const int LargestAnswer = 64 * 1024 * 1024;

    // Etcd takes a client that pings more often than every 5 s for an attacker (--grpc-keepalive-min-time).
    private static readonly TimeSpan _pingPeriod = TimeSpan.FromSeconds(7);
    private static readonly TimeSpan _longestPing = TimeSpan.FromSeconds(4);

    private readonly GrpcChannel _channel;

    public EtcdChannel(Uri endpoint, SslClientAuthenticationOptions? tls)
    {
        Endpoint = endpoint;
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            ConnectCallback = StoreSocket.ConnectAsync,
            // Without pings a watch on a server that is cut off would wait for ever.
            KeepAlivePingDelay = _pingPeriod,
            KeepAlivePingTimeout = _longestPing,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
        };
        if (tls is not null)
        {
            handler.SslOptions = tls;
        }

        _channel = GrpcChannel.ForAddress(endpoint, new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true, MaxReceiveMessageSize = LargestAnswer });
        Keys = new KV.KVClient(_channel);
        Watches = new Watch.WatchClient(_channel);
        Leases = new Protocol.Lease.LeaseClient(_channel);
        Users = new Auth.AuthClient(_channel);
    }

    public Uri Endpoint { get; }

    public KV.KVClient Keys { get; }

    public Watch.WatchClient Watches { get; }

    public Protocol.Lease.LeaseClient Leases { get; }

    public Auth.AuthClient Users { get; }

    public void Dispose() => _channel.Dispose();
}
