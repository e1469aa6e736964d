using Grpc.Core;

namespace Overlay.Etcd.Connection;

/// <summary>What a failed call to etcd means for the next one. Etcd's texts are part of its API (api/v3rpc/rpctypes/error.go): gRPC's status codes alone
/// do not tell an old token from a wrong password.</summary>
internal enum EtcdFault
{
    /// <summary>This server does not answer, or has no leader: another one may.</summary>
    Unreachable,

    /// <summary>The token has expired, or was made before users changed: a new one is needed.</summary>
    TokenRefused,

    /// <summary>The cluster is not able to, as a whole and for now: no space, too many requests.</summary>
    Overloaded,

    /// <summary>The answer would be the same again.</summary>
    Refused,
}

internal static class EtcdFaults
{
    /// <summary>Tells what a gRPC error means.</summary>
    public static EtcdFault Of(Status status) => status switch
    {
        { StatusCode: StatusCode.Unauthenticated } => EtcdFault.TokenRefused,
        { StatusCode: StatusCode.InvalidArgument, Detail: "etcdserver: user name is empty" or "etcdserver: revision of auth store is old" } => EtcdFault.TokenRefused,
        { StatusCode: StatusCode.ResourceExhausted or StatusCode.Aborted } => EtcdFault.Overloaded,
        { StatusCode: StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.Internal or StatusCode.Unknown or StatusCode.Cancelled } => EtcdFault.Unreachable,
        _ => EtcdFault.Refused,
    };

    /// <summary>The reason in words: gRPC wraps the cause in several layers, and the innermost says most.</summary>
    public static string Explain(RpcException exception)
    {
        var cause = exception.Status.DebugException;
        while (cause?.InnerException is { } inner)
        {
            cause = inner;
        }

        return exception.StatusCode == StatusCode.DeadlineExceeded ? "no answer in time" : cause?.Message ?? exception.Status.Detail;
    }
}
