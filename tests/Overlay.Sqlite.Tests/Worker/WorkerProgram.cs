using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Overlay.Core.Leases;
using Overlay.TestKit.Leases;
using Xunit.MicrosoftTestingPlatform;
using Xunit.Runner.InProc.SystemConsole;

namespace Overlay.Sqlite.Tests.Worker;

/// <summary>This test program's second face: started with <c>worker NAME PATH</c> it is another process on a store file, driven over its standard
/// streams.</summary>
internal static class WorkerProgram
{
    public const string Argument = "worker";

    public static async Task<int> Main(string[] arguments)
    {
        if (arguments is [Argument, var name, var path])
        {
            await (name == "writer" ? WriteAsync(path) : AcquireAsync(name, path));
            return 0;
        }

        // From here on as in the entry point that xunit generates.
        return arguments.Any(argument => argument is "--server" or "--internal-msbuild-node")
            ? await TestPlatformTestFramework.RunAsync(arguments, SelfRegisteredExtensions.AddSelfRegisteredExtensions)
            : await ConsoleRunner.Run(arguments);
    }

    /// <summary>Writes as fast as it can and prints each write after the store has acknowledged it, until it is killed.</summary>
    private static async Task WriteAsync(string path)
    {
        using var store = new SqliteLeaseStore(path, TimeProvider.System, NullLogger<SqliteLeaseStore>.Instance, historyLimit: 50);
        var versions = (await store.ReadAsync(CancellationToken.None)).Entries.ToDictionary(entry => entry.Key, entry => entry.Version);
        for (var i = 0; ; i++)
        {
            var key = $"key{i % 20}";
            var isDeletion = i % 7 == 6 && versions.ContainsKey(key);
            var value = isDeletion ? null : Encoding.ASCII.GetBytes(new string('x', 50 + (i * 37 % 3000)) + i.ToString(CultureInfo.InvariantCulture));
            var verdict = await store.TryWriteAsync(
                new StoreWrite { Key = key, Value = value, ExpectedVersion = versions.GetValueOrDefault(key), TimeToLive = TimeSpan.FromDays(1) }, CancellationToken.None);
            versions.Remove(key);
            if (verdict.Entry is { } entry)
            {
                versions[key] = entry.Version;
            }

            await Console.Out.WriteLineAsync($"{key} {verdict.Entry?.Version ?? 0}");
        }
    }

    /// <summary>At each line read: tries to take a lease, prints what came of it, and at the next line gives the lease back.</summary>
    private static async Task AcquireAsync(string address, string path)
    {
        using var store = new SqliteLeaseStore(path, TimeProvider.System, NullLogger<SqliteLeaseStore>.Instance);
        using var node = new TestNode(store, TimeProvider.System, address, RaceTests.Network);
        Lease? lease = null;
        await Console.Out.WriteLineAsync("ready");
        while (await Console.In.ReadLineAsync() is { } order)
        {
            if (order == "release")
            {
                if (lease is not null)
                {
                    await node.Manager.ReleaseAsync(lease, CancellationToken.None);
                }

                lease = null;
                await Console.Out.WriteLineAsync("released");
                continue;
            }

            try
            {
                lease = await node.AcquireAsync();
                await Console.Out.WriteLineAsync($"got {lease.Key}");
            }
            catch (LeaseException exception)
            {
                await Console.Out.WriteLineAsync($"refused {exception.Message}");
            }
        }
    }
}
