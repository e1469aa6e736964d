using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Overlay.Core.DependencyInjection;
using Overlay.Core.Diagnostics;
using Overlay.Core.Engine;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds an overlay agent to a host.</summary>
public static class OverlayServiceCollectionExtensions
{
    /// <summary>Adds the agent's loop. It needs a lease manager, an underlay selector and at least one backend; the builder takes them. What the
    /// caller has registered before stays.</summary>
    public static IOverlayBuilder AddOverlay(this IServiceCollection services, Action<OverlayOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions<OverlayOptions>().Configure(configure ?? (_ => { }));
        services.TryAddSingleton(TimeProvider.System);
        // A Random is not safe for several threads, so each user gets one of its own.
        services.TryAddTransient(_ => new Random());
        services.TryAddSingleton<OverlayMetrics>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<OverlayOptions>, OverlayOptionsValidator>());
        services.TryAddSingleton<EngineParts>();
        services.TryAddSingleton(provider => new OverlayEngine(
            new Lazy<EngineParts>(provider.GetRequiredService<EngineParts>), provider.GetRequiredService<OverlayMetrics>(), provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton(provider => new OverlayRehearsal(provider.GetRequiredService<EngineParts>()));
        services.AddHostedService<OverlayService>();
        return new OverlayBuilder(services);
    }
}
