using Overlay.Agent.CommandLine;
using Overlay.Agent.Hosting;
using Overlay.Agent.Logging;

namespace Overlay.Agent.Commands;

/// <summary>The agent's parts without its host, for commands that do something themselves.</summary>
internal static class OfflineServices
{
    public static ServiceProvider Build(AgentSettings settings, Action<IServiceCollection>? change = null)
    {
        var services = new ServiceCollection();
        services.AddMetrics();
        // The command says itself what it does; the log is for what goes wrong.
        // A cluster's store that is away is waited for, and that must be seen.
        var usual = settings.Store is StoreKind.Etcd or StoreKind.Kubernetes ? Microsoft.Extensions.Logging.LogLevel.Warning : Microsoft.Extensions.Logging.LogLevel.Error;
        var level = new LevelSwitch(settings.LogLevel ?? usual);
        services.AddAgentLog(settings, level);
        change?.Invoke(services);
        services.AddAgent(settings);
        return services.BuildServiceProvider();
    }
}
