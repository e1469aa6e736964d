using System.Runtime.CompilerServices;
using Google.Protobuf;
using Overlay.Core.Leases;
using Overlay.Etcd.Connection;
using Overlay.Etcd.Protocol;

namespace Overlay.Etcd;

/// <summary>Follows a range of keys from a revision on. A server that fails in the middle is replaced by another one without a word.</summary>
internal sealed class EtcdWatch(EtcdClient client, ByteString first, ByteString end)
{
    // A stream that breaks off sooner than this, without having shown anything, is an outage and not a change of servers.
    private static readonly TimeSpan _shortestLife = TimeSpan.FromSeconds(1);

    // How long after its opening a watch that has something older to tell has told it. Etcd looks for such watches every 100 ms.
    private static readonly TimeSpan _catchingUp = TimeSpan.FromSeconds(2);

    /// <summary>Answers with changes, or without any when only the revision went on or when the watch has begun; the last one may say that the revisions
    /// after <paramref name="after"/> are forgotten.</summary>
    /// <exception cref="LeaseStoreException">No server lets the watch go on.</exception>
    public async IAsyncEnumerable<EtcdProgress> RunAsync(long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            var opened = TimeProvider.System.GetTimestamp();
            using var stream = await OpenAsync(after, cancellationToken);
            if (stream.Revision < after && await HasGoneBackAsync(after, cancellationToken))
            {
                yield return EtcdProgress.Lost;
                yield break;
            }

            // A reader that goes away in the middle ends what is being read; the connection is all right.
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            try
            {
                var next = ReadAsync(stream, after, opened, ending.Token);
                if (stream.Revision > after)
                {
                    await Task.WhenAny(next, Task.Delay(_catchingUp, TimeProvider.System, ending.Token));
                }

                if (!next.IsCompleted)
                {
                    yield return new EtcdProgress([], after);
                }

                while (await next is { } progress)
                {
                    yield return progress;
                    if (progress.IsLost)
                    {
                        yield break;
                    }

                    after = progress.Revision;
                    next = ReadAsync(stream, after, 0, ending.Token);
                }
            }
            finally
            {
                await ending.CancelAsync();
            }
        }
    }

    private Task<EtcdStream> OpenAsync(long after, CancellationToken cancellationToken) => client.OpenAsync(
        // The server tells its revision from time to time of itself, so that a quiet watch does not fall behind a compaction. Asking for that by hand
        // could give a revision whose changes are still to come (etcd issue 15220).
        new WatchCreateRequest { Key = first, RangeEnd = end, StartRevision = after + 1, ProgressNotify = true }, cancellationToken);

    /// <summary>The next answer; <see langword="null"/> when the stream broke off and another one is worth a try.</summary>
    private async Task<EtcdProgress?> ReadAsync(EtcdStream stream, long after, long opened, CancellationToken cancellationToken)
    {
        WatchResponse answer;
        try
        {
            answer = await client.NextAsync(stream, cancellationToken);
        }
        catch (LeaseStoreException exception) when (exception.IsTransient && (opened == 0 || TimeProvider.System.GetElapsedTime(opened) > _shortestLife))
        {
            return null;
        }

        if (answer.Canceled)
        {
            return answer.CompactRevision > 0 ? EtcdProgress.Lost : throw new LeaseStoreException($"etcd at {stream.Channel.Endpoint} has ended the watch: {answer.CancelReason}") { IsTransient = true };
        }

        // The header's revision may be that of changes which are still to come, unless the answer tells of the revision alone.
        return new EtcdProgress(answer.Events, answer.Events.Count > 0 ? answer.Events[^1].Kv.ModRevision : Math.Max(after, answer.Header.Revision));
    }

    /// <summary>Whether the cluster is behind the revision, as after a restored backup, and not only this server behind the cluster.</summary>
    private async Task<bool> HasGoneBackAsync(long after, CancellationToken cancellationToken) =>
        (await client.RangeAsync(new RangeRequest { Key = first, RangeEnd = end, CountOnly = true }, EtcdClient.Short, cancellationToken)).Header.Revision < after;
}
