using Grpc.Core;
using Overlay.Etcd.Protocol;

namespace Overlay.Etcd.Connection;

/// <summary>An open watch on one server.</summary>
internal sealed class EtcdStream : IDisposable
{
    private readonly AsyncDuplexStreamingCall<WatchRequest, WatchResponse> _call;

    private EtcdStream(EtcdChannel channel, AsyncDuplexStreamingCall<WatchRequest, WatchResponse> call) => (Channel, _call) = (channel, call);

    public EtcdChannel Channel { get; }

    /// <summary>The server's revision when the watch began: what is older comes as changes, unless it is forgotten.</summary>
    public long Revision { get; private set; }

    /// <summary>Opens a watch and waits for the server's consent, no longer than the deadline of a small call.</summary>
    /// <exception cref="RpcException">The server does not give it.</exception>
    public static async Task<EtcdStream> OpenAsync(EtcdChannel channel, WatchCreateRequest request, CallOptions options, CancellationToken cancellationToken)
    {
        // The stream itself has no deadline.
        using var opening = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var limit = new CancellationTokenSource(EtcdClient.Short, TimeProvider.System);
        using var expiry = limit.Token.Register(opening.Cancel);
        var stream = new EtcdStream(channel, channel.Watches.Watch(new CallOptions(options.Headers)));
        try
        {
            await stream._call.RequestStream.WriteAsync(new WatchRequest { CreateRequest = request }, opening.Token);
            var answer = await stream.ReadAsync(opening.Token);
            if (answer.Canceled && answer.CompactRevision == 0)
            {
                // Etcd 3.4 says "permission denied" here for a token that it has forgotten, too.
                throw new RpcException(new Status(answer.CancelReason.Contains("permission denied", StringComparison.Ordinal) ? StatusCode.Unauthenticated : StatusCode.Unavailable, answer.CancelReason));
            }

            stream.Revision = answer.Header.Revision;
            return stream;
        }
        catch (Exception exception) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested && exception is RpcException or OperationCanceledException)
        {
            stream.Dispose();
            throw new RpcException(new Status(StatusCode.DeadlineExceeded, "the watch was not opened in time"));
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>The next answer.</summary>
    /// <exception cref="RpcException">The stream has broken off.</exception>
    public async Task<WatchResponse> ReadAsync(CancellationToken cancellationToken)
    {
        if (!await _call.ResponseStream.MoveNext(cancellationToken))
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "the server has ended the watch"));
        }

        return _call.ResponseStream.Current;
    }

    public void Dispose() => _call.Dispose();
}
