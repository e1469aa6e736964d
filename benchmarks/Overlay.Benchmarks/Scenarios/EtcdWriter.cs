using System.Globalization;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using Overlay.Etcd;
using Overlay.Etcd.Connection;
using Overlay.Etcd.Protocol;

namespace Overlay.Benchmarks.Scenarios;

/// <summary>Writes leases in flannel's bytes at a steady rate, and tells when etcd has acknowledged each. It runs in the namespace of etcd, as a process of
/// its own: <c>Overlay.Benchmarks etcd-writer ENDPOINT FIRST COUNT PER-SECOND</c>, where 0 is as fast as it goes.</summary>
internal static class EtcdWriter
{
    public const string Verb = "etcd-writer";

    private const int AtOnce = 64;

    public static async Task<int> RunAsync(string[] arguments)
    {
        var options = new EtcdOptions();
        options.Endpoints.Add(new Uri(arguments[0]));
        var numbers = arguments[1..].Select(text => int.Parse(text, CultureInfo.InvariantCulture)).ToArray();
        var (first, count, rate) = (numbers[0], numbers[1], numbers[2]);
        using var client = new EtcdClient(new EtcdConnection(options, new Random(1), NullLogger.Instance), new EtcdCredentials("", ""));
        var keys = new EtcdKeys(options.Prefix);
        var lease = (long)first + 1;
        await client.TryGrantAsync(lease, 86_400, CancellationToken.None);

        var clock = TimeProvider.System;
        var (started, acknowledged) = (clock.GetTimestamp(), new string[count]);
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (index, cancellationToken) =>
        {
            var due = rate == 0 ? TimeSpan.Zero : TimeSpan.FromSeconds((double)index / rate) - clock.GetElapsedTime(started);
            if (due > TimeSpan.Zero)
            {
                await Task.Delay(due, clock, cancellationToken);
            }

            var (key, value) = VxlanPeers.LeaseOf(first + index);
            var request = new TxnRequest { Success = { new RequestOp { RequestPut = new PutRequest { Key = keys.OfLease(key), Value = ByteString.CopyFromUtf8(value), Lease = lease } } } };
            await client.TxnAsync(request, cancellationToken);
            acknowledged[index] = $"{first + index} {clock.GetUtcNow().ToUnixTimeMilliseconds()}";
        });
        Console.WriteLine(string.Join('\n', acknowledged));
        return 0;
    }
}
