using Microsoft.Extensions.DependencyInjection;

namespace Overlay.Core.DependencyInjection;

/// <summary>Chooses the parts of an overlay agent: backends, lease store, platform. Each package adds its own <c>Use...</c> methods to it.</summary>
public interface IOverlayBuilder
{
    /// <summary>The services that the parts are added to.</summary>
    IServiceCollection Services { get; }
}
