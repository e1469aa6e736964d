using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Overlay.Core.Configuration;
using Overlay.Core.Diagnostics;

namespace Overlay.Core.Engine;

/// <summary>Runs the engine in a host and ends the host with it. The exit status is 2 for mistakes in the configuration, 1 for any other failure.</summary>
internal sealed partial class OverlayService(OverlayEngine engine, IHostApplicationLifetime lifetime, ILogger<OverlayEngine> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            // A host that cannot start, because its port is taken for example, must not have touched the network.
            await lifetime.ApplicationStarted.WaitAsync(stoppingToken);
            await engine.RunAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
        catch (ConfigurationException exception)
        {
            Log.WrongConfiguration(logger, exception.Message);
            Environment.ExitCode = 2;
        }
        catch (OverlayException exception)
        {
            Log.Failed(logger, exception.Message);
            Log.FailedAt(logger, exception);
            Environment.ExitCode = 1;
        }
        catch (Exception exception)
        {
            // Not one of ours: a fault of the program, and its place is the only help.
            Log.Broken(logger, exception);
            Environment.ExitCode = 1;
        }
        finally
        {
            lifetime.StopApplication();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.Engine + 70, LogLevel.Critical, "The configuration has mistakes: {Mistakes}")]
        public static partial void WrongConfiguration(ILogger logger, string mistakes);

        [LoggerMessage(EventIds.Engine + 71, LogLevel.Critical, "{Reason}")]
        public static partial void Failed(ILogger logger, string reason);

        [LoggerMessage(EventIds.Engine + 72, LogLevel.Debug, "Where it failed")]
        public static partial void FailedAt(ILogger logger, Exception exception);

        [LoggerMessage(EventIds.Engine + 73, LogLevel.Critical, "The agent is broken")]
        public static partial void Broken(ILogger logger, Exception exception);
    }
}
