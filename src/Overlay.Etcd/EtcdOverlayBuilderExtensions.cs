using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Overlay.Core.Configuration;
using Overlay.Core.DependencyInjection;
using Overlay.Etcd;
using Overlay.Etcd.Connection;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds etcd.</summary>
public static class EtcdOverlayBuilderExtensions
{
    /// <summary>Keeps leases in etcd, in flannel's bytes, and takes the network's configuration from there unless another source was added before.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="configure">Sets the options; without it they are flannel's defaults.</param>
    public static IOverlayBuilder UseEtcd(this IOverlayBuilder builder, Action<EtcdOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddOptions<EtcdOptions>().Configure(configure ?? (_ => { }));
        builder.Services.TryAddSingleton(services => new EtcdKeys(OptionsOf(services).Prefix));
        builder.Services.TryAddSingleton(services =>
        {
            var options = OptionsOf(services);
            EtcdOptionsCheck.Run(options);
            return new EtcdClient(
                new EtcdConnection(options, services.GetRequiredService<Random>(), services.GetRequiredService<ILogger<EtcdClient>>()),
                new EtcdCredentials(options.Username, options.Password));
        });
        return builder
            .UseLeaseStore(services => new EtcdLeaseStore(
                services.GetRequiredService<EtcdClient>(),
                services.GetRequiredService<EtcdKeys>(),
                services.GetRequiredService<TimeProvider>(),
                services.GetRequiredService<Random>()))
            .UseConfigurationSource(services => new EtcdConfigurationSource(
                services.GetRequiredService<EtcdClient>(),
                services.GetRequiredService<EtcdKeys>(),
                services.GetRequiredService<NetworkConfigurationParser>(),
                services.GetRequiredService<Random>(),
                services.GetRequiredService<ILogger<EtcdConfigurationSource>>()));
    }

    private static EtcdOptions OptionsOf(IServiceProvider services) => services.GetRequiredService<IOptions<EtcdOptions>>().Value;
}
