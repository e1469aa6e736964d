using System.Runtime.InteropServices;
using Overlay.Agent.CommandLine;
using Overlay.Agent.Control;
using Overlay.Agent.Hosting;
using Overlay.Agent.Logging;
using Overlay.Agent.State;
using Overlay.Agent.Systemd;
using Overlay.Core.Configuration;
using Overlay.Core.Diagnostics;
using Overlay.Core.Engine;

namespace Overlay.Agent.Commands;

/// <summary>Runs the agent until it is told to stop.</summary>
internal static class RunCommand
{
    public static async Task<int> RunAsync(AgentSettings settings)
    {
        using var app = AgentHost.Build(settings, new LevelSwitch(settings.EffectiveLogLevel));

        // Before anything is made: what is wrong is said at once, and nothing is left behind.
        // A configuration in a cluster's store is waited for later, when the agent already answers what it waits for.
        var configuration = settings.HasConfigurationFile ? app.Services.GetRequiredService<NetworkConfigurationParser>().ReadFile(settings.NetConfigPath) : null;
        Capabilities.RequireNetAdmin();
        if (configuration is not null)
        {
            app.Services.GetRequiredService<NetworkLock>().Take(configuration.Network);
        }

        app.Services.GetRequiredService<StateFile>().Probe();

        var socket = new ControlSocketFile(settings.ControlSocket);
        socket.Prepare();
        try
        {
            return await ServeAsync(app, socket);
        }
        finally
        {
            socket.Remove();
        }
    }

    private static async Task<int> ServeAsync(IHost app, ControlSocketFile socket)
    {
        var lifetime = app.Services.GetRequiredService<IHostApplicationLifetime>();
        var signals = 0;
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        try
        {
            await app.StartAsync();
        }
        catch (IOException exception)
        {
            throw new OverlayException($"{exception.Message} Change --healthz-ip, --healthz-port or --control-socket.", exception);
        }

        socket.Protect();
        var (engine, clock) = (app.Services.GetRequiredService<OverlayEngine>(), app.Services.GetRequiredService<TimeProvider>());
        var trimming = MemoryTrimming.RunAsync(engine.Ready, clock, lifetime.ApplicationStopping);
        var notifying = new ServiceNotifier(engine, clock, Environment.GetEnvironmentVariable).RunAsync(lifetime.ApplicationStopping);
        await app.WaitForShutdownAsync();
        await notifying;
        await trimming;
        return Environment.ExitCode;

        // A second signal ends the process at once, as in flannel. Signals are counted here: the host's own handler may already have begun to stop it.
        void Stop(PosixSignalContext context)
        {
            context.Cancel = Interlocked.Increment(ref signals) == 1;
            lifetime.StopApplication();
        }
    }
}
