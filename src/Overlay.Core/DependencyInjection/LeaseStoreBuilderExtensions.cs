using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Overlay.Core.Backends;
using Overlay.Core.Configuration;
using Overlay.Core.DependencyInjection;
using Overlay.Core.Engine;
using Overlay.Core.Leases;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Chooses where leases and the network's configuration are kept.</summary>
public static class LeaseStoreBuilderExtensions
{
    /// <summary>Keeps leases in this process's memory: for one node, tests and samples.</summary>
    public static IOverlayBuilder UseMemoryStore(this IOverlayBuilder builder) =>
        builder.UseLeaseStore(services => new InMemoryLeaseStore(services.GetRequiredService<TimeProvider>()));

    /// <summary>Keeps leases in a store, and adds the lease manager that works on any.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="create">Makes the store; it is disposed of with the host.</param>
    public static IOverlayBuilder UseLeaseStore(this IOverlayBuilder builder, Func<IServiceProvider, ILeaseStore> create)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddOptions<LeaseOptions>();
        builder.Services.TryAddSingleton(create);
        builder.Services.TryAddSingleton(services => NodeIdentity.Load(services.GetRequiredService<IOptions<OverlayOptions>>().Value.StateDirectory));
        builder.Services.TryAddSingleton<StoreSubnetLeaseManager>();
        builder.Services.TryAddSingleton<ISubnetLeaseManager>(services => services.GetRequiredService<StoreSubnetLeaseManager>());
        return builder;
    }

    /// <summary>Takes the network's configuration from a file in the form of flannel's <c>net-conf.json</c>, and follows its changes.</summary>
    public static IOverlayBuilder UseConfigurationFile(this IOverlayBuilder builder, string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return builder.UseConfigurationSource(services => new FileConfigurationSource(
            path, services.GetRequiredService<NetworkConfigurationParser>(), services.GetRequiredService<ILogger<FileConfigurationSource>>()));
    }

    /// <summary>Takes the network's configuration from wherever the source reads it, and adds the parser of its text.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="create">Makes the source; the first one that is added is used.</param>
    public static IOverlayBuilder UseConfigurationSource(this IOverlayBuilder builder, Func<IServiceProvider, IConfigurationSource> create)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.TryAddSingleton(services =>
            new NetworkConfigurationParser(services.GetServices<IBackend>().ToDictionary(backend => backend.Name, backend => backend as IBackendSettings)));
        builder.Services.TryAddSingleton(create);
        return builder;
    }
}
