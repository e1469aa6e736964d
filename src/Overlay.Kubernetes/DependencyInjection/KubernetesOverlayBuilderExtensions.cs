using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Overlay.Core.DependencyInjection;
using Overlay.Core.Engine;
using Overlay.Core.Leases;
using Overlay.Kubernetes;
using Overlay.Kubernetes.Access;
using Overlay.Kubernetes.Leases;
using Overlay.Kubernetes.Nodes;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the Kubernetes lease manager.</summary>
public static class KubernetesOverlayBuilderExtensions
{
    /// <summary>Takes subnets from the nodes of a Kubernetes cluster and tells peers by annotations, as flannel's <c>--kube-subnet-mgr</c> does. The
    /// network's configuration comes from elsewhere: a file, as a rule.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="configure">Says which node this is and how the API server is reached.</param>
    public static IOverlayBuilder UseKubernetes(this IOverlayBuilder builder, Action<KubernetesOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        services.AddOptions<KubernetesOptions>().Configure(configure ?? (_ => { }));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<KubernetesOptions>, KubernetesOptionsValidator>());
        services.TryAddSingleton(provider => AnnotationNames.TryCreate(provider.GetRequiredService<IOptions<KubernetesOptions>>().Value.AnnotationPrefix)!);
        services.TryAddSingleton<KubernetesApi>();
        services.TryAddSingleton<Patience>();
        services.TryAddSingleton<OwnNode>();
        services.TryAddSingleton<NodeNotices>();
        services.TryAddSingleton<NodeFeed>();
        services.TryAddSingleton<ISubnetLeaseManager, KubernetesSubnetLeaseManager>();
        services.AddSingleton<INodeHealthSink>(provider => provider.GetRequiredService<NodeNotices>());
        return builder;
    }
}
