using Microsoft.Extensions.DependencyInjection;

namespace Overlay.Core.DependencyInjection;

internal sealed class OverlayBuilder(IServiceCollection services) : IOverlayBuilder
{
    public IServiceCollection Services { get; } = services;
}
