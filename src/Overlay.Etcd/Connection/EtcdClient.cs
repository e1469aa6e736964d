using Grpc.Core;
using Overlay.Core.Leases;
using Overlay.Etcd.Protocol;

namespace Overlay.Etcd.Connection;

/// <summary>Calls etcd: with a token when there is a password, with a time limit, on another server when one does not answer.</summary>
internal sealed class EtcdClient(EtcdConnection connection, EtcdCredentials credentials) : IDisposable
{
    /// <summary>The limit of a small call. Etcd itself gives up a write after seven seconds without a quorum; another server does not help then.</summary>
    public static readonly TimeSpan Short = TimeSpan.FromSeconds(5);

    /// <summary>The limit of a call whose answer is large. A server that is cut off is noticed earlier, by the connection's pings.</summary>
    public static readonly TimeSpan Long = TimeSpan.FromSeconds(60);

    /// <summary>Reads keys, all of one moment.</summary>
    public Task<RangeResponse> RangeAsync(RangeRequest request, TimeSpan limit, CancellationToken cancellationToken) =>
        RunAsync("read", limit, async (channel, options) => await channel.Keys.RangeAsync(request, options), cancellationToken);

    /// <summary>Compares and writes.</summary>
    public Task<TxnResponse> TxnAsync(TxnRequest request, CancellationToken cancellationToken) =>
        RunAsync("write", Short, async (channel, options) => await channel.Keys.TxnAsync(request, options), cancellationToken);

    /// <summary>Makes a lease with an id of the caller's choice; <see langword="false"/> when the id is taken.</summary>
    public Task<bool> TryGrantAsync(long id, long seconds, CancellationToken cancellationToken) => RunAsync("grant a lease", Short, async (channel, options) =>
    {
        try
        {
            await channel.Leases.LeaseGrantAsync(new LeaseGrantRequest { ID = id, TTL = seconds }, options);
            return true;
        }
        catch (RpcException exception) when (exception.Status is { StatusCode: StatusCode.FailedPrecondition, Detail: "etcdserver: lease already exists" })
        {
            return false;
        }
    }, cancellationToken);

    /// <summary>Ends a lease that nothing hangs on any more. If that fails, it ends by itself.</summary>
    public async Task RevokeAsync(long id, CancellationToken cancellationToken)
    {
        try
        {
            await RunAsync("revoke a lease", Short, async (channel, options) => await channel.Leases.LeaseRevokeAsync(new LeaseRevokeRequest { ID = id }, options), cancellationToken);
        }
        catch (LeaseStoreException)
        {
            // It is gone already, or ends by itself.
        }
    }

    /// <summary>The seconds that a lease still has; negative when it is gone.</summary>
    public async Task<long> ReadTimeToLiveAsync(long id, CancellationToken cancellationToken) => (await RunAsync(
        "read a lease", Short, async (channel, options) => await channel.Leases.LeaseTimeToLiveAsync(new LeaseTimeToLiveRequest { ID = id }, options), cancellationToken)).TTL;

    /// <summary>Opens a watch; its first answer says from where it goes on.</summary>
    public Task<EtcdStream> OpenAsync(WatchCreateRequest request, CancellationToken cancellationToken) =>
        RunAsync("watch", Short, (channel, options) => EtcdStream.OpenAsync(channel, request, options, cancellationToken), cancellationToken);

    /// <summary>Reads on in a watch.</summary>
    public async Task<WatchResponse> NextAsync(EtcdStream stream, CancellationToken cancellationToken)
    {
        try
        {
            return await stream.ReadAsync(cancellationToken);
        }
        catch (RpcException exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            connection.Abandon(stream.Channel, EtcdFaults.Explain(exception));
            throw Failure("watch", stream.Channel, exception);
        }
        catch (ObjectDisposedException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw GivenUp("watch", stream.Channel);
        }
    }

    public void Dispose()
    {
        connection.Dispose();
        credentials.Dispose();
    }

    private async Task<T> RunAsync<T>(string operation, TimeSpan limit, Func<EtcdChannel, CallOptions, Task<T>> call, CancellationToken cancellationToken)
    {
        for (int servers = connection.Servers, tokens = 3; ;)
        {
            var channel = connection.Get();
            Metadata headers = [];
            try
            {
                var deadline = (TimeProvider.System.GetUtcNow() + limit).UtcDateTime;
                headers = await credentials.GetHeadersAsync(channel, deadline, cancellationToken);
                return await call(channel, new CallOptions(headers, deadline, cancellationToken));
            }
            catch (RpcException exception)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var fault = EtcdFaults.Of(exception.Status);
                if (fault == EtcdFault.TokenRefused)
                {
                    credentials.Forget(headers);
                }
                else if (fault == EtcdFault.Unreachable)
                {
                    connection.Abandon(channel, EtcdFaults.Explain(exception));
                }

                // A write that was carried out although its answer is lost is refused the second time, and the refusal shows what it wrote.
                if ((fault == EtcdFault.TokenRefused && --tokens > 0) || (fault == EtcdFault.Unreachable && --servers > 0))
                {
                    continue;
                }

                throw Failure(operation, channel, exception);
            }
            catch (ObjectDisposedException)
            {
                // Somebody has given up the connection at this moment.
                cancellationToken.ThrowIfCancellationRequested();
                if (--servers < 0)
                {
                    throw GivenUp(operation, channel);
                }
            }
        }
    }

    private static LeaseStoreException GivenUp(string operation, EtcdChannel channel) =>
        new($"etcd at {channel.Endpoint} cannot {operation}: the connection was given up.") { IsTransient = true };

    private static LeaseStoreException Failure(string operation, EtcdChannel channel, RpcException exception) => EtcdFaults.Of(exception.Status) switch
    {
        EtcdFault.Unreachable => new($"etcd at {channel.Endpoint} does not answer: {EtcdFaults.Explain(exception)}", exception) { IsTransient = true },
        EtcdFault.Overloaded => new($"etcd at {channel.Endpoint} cannot {operation} now: {exception.Status.Detail}", exception) { IsTransient = true },
        _ => new($"etcd at {channel.Endpoint} refuses to {operation}: {exception.Status.Detail}", exception),
    };
}
