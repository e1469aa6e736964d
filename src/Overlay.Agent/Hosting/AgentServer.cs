using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using Overlay.Agent.CommandLine;
using Overlay.Agent.Control;
using Overlay.Agent.Health;
using Overlay.Agent.Logging;
using Overlay.Core.Diagnostics;

namespace Overlay.Agent.Hosting;

/// <summary>The host of a running agent: the engine, and the pages that tell of it.</summary>
internal static class AgentServer
{
    private const string IsControl = "overlay.control";
    private const int MostPeers = 12_000;

    public static WebApplication Build(AgentSettings settings, LevelSwitch level)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.AddAgentLog(settings, level);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(server => Listen(server, settings));
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

        var app = builder.Build();
        app.UseOpenTelemetryPrometheusScrapingEndpoint();
        app.Run(AnswerAsync);
        return app;
    }

    // The exporter's own limit, 2,000, is less than the peers that a network may have.
    private static MetricStreamConfiguration? LimitOf(Instrument instrument) =>
        instrument.Name.StartsWith("overlay.wireguard.peer.", StringComparison.Ordinal) ? new MetricStreamConfiguration { CardinalityLimit = MostPeers } : null;

    private static void Listen(KestrelServerOptions server, AgentSettings settings)
    {
        server.AddServerHeader = false;
        server.ListenUnixSocket(settings.ControlSocket, listen => listen.Use(next => async connection =>
        {
            if (connection.Features.Get<IConnectionSocketFeature>() is { } peer && ControlAccess.IsAllowed(peer.Socket))
            {
                connection.Items[IsControl] = IsControl;
                await next(connection);
            }
        }));
        if (settings.HealthPort > 0)
        {
            server.Listen(new IPEndPoint(settings.HealthAddress, settings.HealthPort));
        }
    }

    private static async Task AnswerAsync(HttpContext context)
    {
        var services = context.RequestServices;
        var isControl = context.Features.Get<IConnectionItemsFeature>()?.Items.ContainsKey(IsControl) == true;
        if (await services.GetRequiredService<HealthPages>().TryAnswerAsync(context)
            || (isControl && await services.GetRequiredService<ControlPages>().TryAnswerAsync(context)))
        {
            return;
        }

        context.Response.StatusCode = StatusCodes.Status404NotFound;
        await context.Response.WriteAsync("There is no such page.\n");
    }
}
