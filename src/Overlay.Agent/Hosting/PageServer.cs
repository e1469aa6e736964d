using System.Net;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;
using Overlay.Agent.CommandLine;
using Overlay.Agent.Control;
using Overlay.Agent.Health;

namespace Overlay.Agent.Hosting;

/// <summary>Serves the agent's pages: Kestrel alone, because the web application around it makes the start longer (decision 0078). The control pages are served on the control socket
/// only.</summary>
internal sealed class PageServer : IHostedService, IHttpApplication<HttpContext>, IDisposable
{
    private const string IsControl = "overlay.control";
    private const string Metrics = "/metrics";

    private readonly IServiceProvider _services;
    private readonly HealthPages _health;
    private readonly ControlPages _control;
    private readonly Lazy<RequestDelegate> _metrics;
    private readonly KestrelServer _server;

    public PageServer(AgentSettings settings, IServiceProvider services, HealthPages health, ControlPages control, ILoggerFactory loggers)
    {
        (_services, _health, _control) = (services, health, control);
        // The exporter may be built only when the meters are: the host starts them after this.
        _metrics = new Lazy<RequestDelegate>(() => new ApplicationBuilder(services).UseOpenTelemetryPrometheusScrapingEndpoint(Metrics).Build());
        var options = new KestrelServerOptions { ApplicationServices = services, AddServerHeader = false };
        Listen(options, settings);
        _server = new KestrelServer(Options.Create(options), new SocketTransportFactory(Options.Create(new SocketTransportOptions()), loggers), loggers);
    }

    public Task StartAsync(CancellationToken cancellationToken) => _server.StartAsync(this, cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => _server.StopAsync(cancellationToken);

    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures) { RequestServices = _services };

    public async Task ProcessRequestAsync(HttpContext context)
    {
        if (context.Request.Path.StartsWithSegments(Metrics))
        {
            await _metrics.Value(context);
            return;
        }

        var isControl = context.Features.Get<IConnectionItemsFeature>()?.Items.ContainsKey(IsControl) == true;
        if (await _health.TryAnswerAsync(context) || (isControl && await _control.TryAnswerAsync(context)))
        {
            return;
        }

        context.Response.StatusCode = StatusCodes.Status404NotFound;
        await context.Response.WriteAsync("There is no such page.\n");
    }

    public void DisposeContext(HttpContext context, Exception? exception)
    {
        // It holds nothing of its own.
    }

    public void Dispose() => _server.Dispose();

    private static void Listen(KestrelServerOptions server, AgentSettings settings)
    {
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
}
