using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Overlay.Core.Leases;

namespace Overlay.TestKit.Agents;

/// <summary>Writes leases to an SQLite store in flannel's bytes, as if their nodes were there.</summary>
public static class LeaseSeed
{
    /// <summary>Writes the leases, which must not exist yet; each lasts a day.</summary>
    /// <param name="storePath">The SQLite file.</param>
    /// <param name="leases">Flannel's keys (<c>10.244.1.0-24</c>) and values.</param>
    public static async Task WriteAsync(string storePath, IEnumerable<(string Key, string Value)> leases)
    {
        ArgumentNullException.ThrowIfNull(leases);
        await using var provider = Open(storePath);
        var store = provider.GetRequiredService<ILeaseStore>();
        foreach (var (key, value) in leases)
        {
            var write = new StoreWrite { Key = key, Value = Encoding.UTF8.GetBytes(value), ExpectedVersion = 0, TimeToLive = TimeSpan.FromDays(1) };
            if (!(await store.TryWriteAsync(write, CancellationToken.None)).IsWritten)
            {
                throw new InvalidOperationException($"The lease {key} is in {storePath} already.");
            }
        }
    }

    /// <summary>The value of a lease, or an empty text.</summary>
    public static async Task<string> ReadAsync(string storePath, string key)
    {
        await using var provider = Open(storePath);
        var snapshot = await provider.GetRequiredService<ILeaseStore>().ReadAsync(CancellationToken.None);
        return snapshot.Entries.FirstOrDefault(entry => entry.Key == key) is { } found ? Encoding.UTF8.GetString(found.Value.Span) : "";
    }

    private static ServiceProvider Open(string storePath)
    {
        var services = new ServiceCollection();
        services.AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance).AddSingleton(typeof(ILogger<>), typeof(NullLogger<>)).AddMetrics();
        services.AddOverlay().UseSqlite(storePath);
        return services.BuildServiceProvider();
    }
}
