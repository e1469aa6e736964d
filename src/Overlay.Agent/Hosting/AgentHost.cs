using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using Overlay.Agent.CommandLine;
using Overlay.Agent.Control;
using Overlay.Agent.Health;
using Overlay.Agent.Logging;
using Overlay.Core.Diagnostics;

namespace Overlay.Agent.Hosting;

/// <summary>The host of a running agent: the pages that tell of it, its metrics, and the engine, started in this order.</summary>
internal static class AgentHost
{
    private const int MostPeers = 12_000;

    public static IHost Build(AgentSettings settings, LevelSwitch level)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddAgentLog(settings, level);
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(3));
        builder.Services.AddSingleton(level);
        builder.Services.AddSingleton<StatusReader>();
        builder.Services.AddSingleton<HealthPages>();
        builder.Services.AddSingleton<ControlPages>();
        builder.Services.AddLockAndRecord(settings);
        builder.Services.AddAgent(settings);
        builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("overlayd", serviceVersion: ProgramVersion.Text, autoGenerateServiceInstanceId: false))
            .WithMetrics(metrics => metrics.AddMeter(OverlayMetrics.MeterName).AddView(LimitOf).AddPrometheusExporter());
        // First of all, also of the metrics, which put themselves first: the agent answers while the rest of it starts.
        builder.Services.Insert(0, ServiceDescriptor.Singleton<IHostedService, PageServer>(provider => new PageServer(
            settings,
            provider,
            provider.GetRequiredService<HealthPages>(),
            provider.GetRequiredService<ControlPages>(),
            provider.GetRequiredService<ILoggerFactory>())));
        // It would only build what switches metrics on and off by configuration, of which there is none.
        builder.Services.RemoveAll<IStartupValidator>();
        builder.Services.AddPlainOptions();
        return builder.Build();
    }

    // The exporter's own limit, 2,000, is less than the peers that a network may have.
    private static MetricStreamConfiguration? LimitOf(Instrument instrument) =>
        instrument.Name.StartsWith("overlay.wireguard.peer.", StringComparison.Ordinal) ? new MetricStreamConfiguration { CardinalityLimit = MostPeers } : null;
}
