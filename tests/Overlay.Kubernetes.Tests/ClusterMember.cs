using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Overlay.Core.Addressing;
using Overlay.Core.Configuration;
using Overlay.Core.Engine;
using Overlay.Core.Leases;
using Overlay.TestKit.Kubernetes;

namespace Overlay.Kubernetes.Tests;

/// <summary>A lease manager as the agent of one node has it, over a real connection to an API server.</summary>
internal sealed class ClusterMember : IAsyncDisposable
{
    public const string Vxlan = """{"Network":"10.244.0.0/16","Backend":{"Type":"vxlan"}}""";
    public const string Dual = """{"Network":"10.244.0.0/16","EnableIPv6":true,"IPv6Network":"2001:cafe:42::/56","Backend":{"Type":"vxlan"}}""";
    public const string IPv6 = """{"EnableIPv4":false,"EnableIPv6":true,"IPv6Network":"2001:cafe:42::/56","Backend":{"Type":"vxlan"}}""";

    private readonly string _folder = Directory.CreateTempSubdirectory("ovkube-").FullName;
    private readonly ServiceProvider _services;

    public ClusterMember(ApiServer server, string name = "one", string network = Vxlan, Action<KubernetesOptions>? configure = null, TimeProvider? clock = null)
    {
        var file = Path.Combine(_folder, "net-conf.json");
        File.WriteAllText(file, network);
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.AddProvider(Log).SetMinimumLevel(LogLevel.Trace));
        services.AddMetrics();
        services.AddSingleton(new NetworkConfigurationParser(new Dictionary<string, IBackendSettings?> { ["vxlan"] = null, ["host-gw"] = null, ["wireguard"] = null }));
        if (clock is not null)
        {
            services.AddSingleton(clock);
        }

        services.AddOverlay().UseConfigurationFile(file).UseKubernetes(options =>
        {
            (options.NodeName, options.ApiUrl) = (name, server.Url);
            configure?.Invoke(options);
        });
        _services = services.BuildServiceProvider();
        Manager = _services.GetRequiredService<ISubnetLeaseManager>();
        Health = _services.GetServices<INodeHealthSink>().Single();
    }

    public ISubnetLeaseManager Manager { get; }

    public INodeHealthSink Health { get; }

    public RecordedLog Log { get; } = new();

    public static LeaseAttributes Attributes(string? ipv4 = "192.168.1.1", string? ipv6 = null, string type = "vxlan", string? data = """{"VNI":1,"VtepMAC":"12:c6:65:89:b4:e3"}""", string? data6 = null) => new()
    {
        PublicAddresses = new AddressPair(ipv4 is null ? null : System.Net.IPAddress.Parse(ipv4), ipv6 is null ? null : System.Net.IPAddress.Parse(ipv6)),
        BackendType = type,
        BackendData = data,
        BackendV6Data = data6,
    };

    public Task<Lease> AcquireAsync(LeaseAttributes? attributes = null) =>
        Manager.AcquireAsync(new LeaseRequest(attributes ?? Attributes()), TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(30));

    public IAsyncEnumerator<LeaseBatch> Watch() => Manager.WatchAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator();

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
