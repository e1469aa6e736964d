using System.Diagnostics;
using System.Globalization;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using Overlay.Etcd;
using Overlay.Etcd.Connection;
using Overlay.Etcd.Protocol;
using Overlay.TestKit.Processes;

namespace Overlay.Benchmarks.Scenarios;

/// <summary>Writes leases in flannel's bytes at a steady rate, and tells when etcd has acknowledged each. It runs in the namespace of etcd, as a process of
/// its own: <c>Overlay.Benchmarks etcd-writer ENDPOINT FIRST COUNT PER-SECOND</c>, where 0 is as fast as it goes.</summary>
internal static class EtcdWriter
{
    public const string Verb = "etcd-writer";

    private const string Spent = "spent";

    // As many writes may be on their way; in time, one is.
    private const int AtOnce = 64;

    // What the first calls cost is not the rate's.
    private const int Practice = 200;

    /// <summary>What a run of it has done.</summary>
    /// <param name="Acknowledged">The leases by number, and when etcd acknowledged each, in milliseconds since 1970.</param>
    /// <param name="Spent">The processor time of the writes.</param>
    public sealed record Report(IReadOnlyList<(int Number, long At)> Acknowledged, TimeSpan Spent);

    /// <summary>Runs it.</summary>
    public static async Task<Report> StartAsync(string networkNamespace, string endpoints, int first, int count, int perSecond)
    {
        var lines = (await ChildProcess.RunAsync(networkNamespace, Environment.ProcessPath!, Verb, endpoints, $"{first}", $"{count}", $"{perSecond}")).Split('\n');
        var numbers = lines.Select(line => line.Split(' ')).Where(words => words.Length == 2).Select(words => (First: words[0], Second: long.Parse(words[1], CultureInfo.InvariantCulture))).ToLookup(words => words.First == Spent);
        return new Report(
            [.. numbers[false].Select(words => (int.Parse(words.First, CultureInfo.InvariantCulture), words.Second))], TimeSpan.FromMilliseconds(numbers[true].Single().Second));
    }

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
        for (var i = 0; rate > 0 && i < Practice; i++)
        {
            await WriteAsync(ByteString.CopyFromUtf8("/practice"), $"{i}");
        }

        using var process = Process.GetCurrentProcess();
        var spent = process.TotalProcessorTime;
        var acknowledged = new string[count];
        await SendAsync(count, rate, async index =>
        {
            var (key, value) = VxlanPeers.LeaseOf(first + index);
            await WriteAsync(keys.OfLease(key), value);
            acknowledged[index] = $"{first + index} {TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()}";
        });
        process.Refresh();
        Console.WriteLine(string.Join('\n', acknowledged));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Spent} {(process.TotalProcessorTime - spent).TotalMilliseconds:0}"));
        return 0;

        Task WriteAsync(ByteString key, string value) => client.TxnAsync(
            new TxnRequest { Success = { new RequestOp { RequestPut = new PutRequest { Key = key, Value = ByteString.CopyFromUtf8(value), Lease = lease } } } }, CancellationToken.None);
    }

    /// <summary>Begins the writes at the rate, one after another from one loop, and waits for all.</summary>
    private static async Task SendAsync(int count, int rate, Func<int, Task> write)
    {
        var clock = TimeProvider.System;
        using var room = new SemaphoreSlim(AtOnce);
        var (started, writes) = (clock.GetTimestamp(), new Task[count]);
        for (var index = 0; index < count; index++)
        {
            var due = rate == 0 ? TimeSpan.Zero : TimeSpan.FromSeconds((double)index / rate) - clock.GetElapsedTime(started);
            if (due > TimeSpan.Zero)
            {
                await Task.Delay(due, clock);
            }

            await room.WaitAsync();
            writes[index] = InRoomAsync(index);
        }

        await Task.WhenAll(writes);

        async Task InRoomAsync(int index)
        {
            await write(index);
            room.Release();
        }
    }
}
