using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;
using Overlay.Core.Engine;
using Overlay.Core.Leases;
using Overlay.Etcd;
using Overlay.Kubernetes;
using Overlay.Linux.Backends.Vxlan;
using Overlay.WireGuard.Backend;

namespace Overlay.Agent.Hosting;

/// <summary>Makes the options that a start needs by plain code. The container makes them by reflection over open generic types, for which a NativeAOT program builds those at run time
/// (decision 0078). Options that are not named here are still made so.</summary>
internal static class PlainOptions
{
    public static void AddPlainOptions(this IServiceCollection services)
    {
        services.AddPlain<OverlayOptions>();
        services.AddPlain<LeaseOptions>();
        services.AddPlain<VxlanOptions>();
        services.AddPlain<WireGuardOptions>();
        services.AddPlain<EtcdOptions>();
        services.AddPlain<KubernetesOptions>();
        services.AddPlain<HostOptions>();
        services.AddPlain<ConsoleLifetimeOptions>();
    }

    private static void AddPlain<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] TOptions>(this IServiceCollection services)
        where TOptions : class =>
        services.AddSingleton<IOptions<TOptions>>(provider => new Late<TOptions>(() => new OptionsFactory<TOptions>(
            provider.GetServices<IConfigureOptions<TOptions>>(),
            provider.GetServices<IPostConfigureOptions<TOptions>>(),
            provider.GetServices<IValidateOptions<TOptions>>()).Create(Options.DefaultName)));

    // Validated when first used, as the container's own are.
    private sealed class Late<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] TOptions>(Func<TOptions> create) : IOptions<TOptions>
        where TOptions : class
    {
        private readonly Lazy<TOptions> _value = new(create);

        public TOptions Value => _value.Value;
    }
}
