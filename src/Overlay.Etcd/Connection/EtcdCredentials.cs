using Grpc.Core;
using Overlay.Etcd.Protocol;

namespace Overlay.Etcd.Connection;

/// <summary>The token that a name and a password give. Etcd forgets its tokens at a restart and some time after their last use; the caller says when one
/// was refused.</summary>
internal sealed class EtcdCredentials(string username, string password) : IDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private volatile string? _token;

    /// <summary>The headers of a call. The first call asks for the token.</summary>
    public async ValueTask<Metadata> GetHeadersAsync(EtcdChannel channel, DateTime deadline, CancellationToken cancellationToken)
    {
        // A member that has lost its leader must say so rather than wait (clientv3.WithRequireLeader).
        var headers = new Metadata { { "hasleader", "true" } };
        if (username.Length > 0 && (_token ?? await AskAsync(channel, deadline, cancellationToken)) is { Length: > 0 } token)
        {
            headers.Add("token", token);
        }

        return headers;
    }

    /// <summary>Forgets the token of a call that was refused, unless a newer one is there already.</summary>
    public void Forget(Metadata headers)
    {
        if (_token == (headers.GetValue("token") ?? ""))
        {
            _token = null;
        }
    }

    public void Dispose() => _gate.Dispose();

    private async ValueTask<string> AskAsync(EtcdChannel channel, DateTime deadline, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (_token is null)
            {
                try
                {
                    var answer = await channel.Users.AuthenticateAsync(new AuthenticateRequest { Name = username, Password = password }, deadline: deadline, cancellationToken: cancellationToken);
                    _token = answer.Token;
                }
                catch (RpcException exception) when (exception.Status is { StatusCode: StatusCode.FailedPrecondition, Detail: "etcdserver: authentication is not enabled" })
                {
                    // As etcd's own client: a password that nobody asks for does no harm.
                    _token = "";
                }
            }

            return _token;
        }
        finally
        {
            _gate.Release();
        }
    }
}
