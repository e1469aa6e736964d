using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Overlay.Core.Backends;
using Overlay.Core.DependencyInjection;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds parts that need no package of their own.</summary>
public static class OverlayBuilderExtensions
{
    /// <summary>Adds a backend; configuration and leases find it by its <see cref="IBackend.Name"/>. Adding it twice adds it once.</summary>
    public static IOverlayBuilder AddBackend<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TBackend>(
        this IOverlayBuilder builder)
        where TBackend : class, IBackend
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IBackend, TBackend>());
        return builder;
    }
}
