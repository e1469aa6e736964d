using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Overlay.Etcd.Connection;
using Overlay.TestKit.Etcd;
using Xunit;

namespace Overlay.Etcd.Tests;

/// <summary>One etcd for a class of tests, which run one after the other: versions are those of the whole etcd. Each test has a prefix of its own.</summary>
public sealed class EtcdServer : IAsyncLifetime
{
    public EtcdCluster Cluster { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Cluster = await EtcdCluster.StartAsync();

    public ValueTask DisposeAsync() => Cluster.DisposeAsync();

    public static string NewPrefix() => $"/ovtest/{Guid.NewGuid():N}";

    internal static EtcdClient Connect(EtcdOptions options, ILogger? logger = null)
    {
        EtcdOptionsCheck.Run(options);
        return new EtcdClient(new EtcdConnection(options, new Random(1), logger ?? NullLogger.Instance), new EtcdCredentials(options.Username, options.Password));
    }

    internal static EtcdOptions OptionsOf(EtcdCluster cluster, string prefix, Action<EtcdOptions>? change = null)
    {
        var options = new EtcdOptions { Prefix = prefix };
        foreach (var member in cluster.Members)
        {
            options.Endpoints.Add(new Uri(member.Endpoint));
        }

        change?.Invoke(options);
        return options;
    }

    internal static EtcdLeaseStore Store(EtcdClient client, string prefix, TimeProvider? clock = null) => new(client, new EtcdKeys(prefix), clock ?? TimeProvider.System, new Random());
}
