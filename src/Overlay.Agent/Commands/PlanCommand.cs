using System.Text.Json;
using Overlay.Agent.CommandLine;
using Overlay.Agent.Control;
using Overlay.Agent.State;
using Overlay.Core.Configuration;
using Overlay.Core.Engine;
using Overlay.Core.Firewall;
using Overlay.Core.Leases;
using Overlay.Linux.Kernel;

namespace Overlay.Agent.Commands;

/// <summary>Says what a start would change in the kernel and the firewall. It takes no lease and writes nothing.</summary>
internal static class PlanCommand
{
    public static async Task<int> RunAsync(AgentSettings settings)
    {
        if (settings.Store == StoreKind.Sqlite && !File.Exists(settings.StorePath))
        {
            // Opening the store would make it.
            settings.Store = StoreKind.Memory;
        }

        await using var services = OfflineServices.Build(settings, collection => AddIdentity(collection, settings));
        if (settings.HasConfigurationFile)
        {
            services.GetRequiredService<NetworkConfigurationParser>().ReadFile(settings.NetConfigPath);
        }

        var changes = new List<string>();
        var (lease, isHeld) = await services.GetRequiredService<OverlayRehearsal>().RunAsync(
            async rules =>
            {
                changes.AddRange(await services.GetRequiredService<IKernelReconciler>().PlanAsync(CancellationToken.None));
                if (services.GetService<IFirewall>() is IFirewallPlanner firewall)
                {
                    changes.AddRange(await firewall.PlanAsync(rules, CancellationToken.None));
                }
            },
            CancellationToken.None);

        Console.Out.Write(settings.Json
            ? JsonSerializer.Serialize(new PlanDocument(lease.Subnets.ToString(), isHeld, changes), AgentJson.Default.PlanDocument) + "\n"
            : Write(lease, isHeld, changes));
        return 0;
    }

    private static string Write(Lease lease, bool isHeld, List<string> changes)
    {
        var head = isHeld ? $"# This node has the lease {lease.Subnets}." : $"# This node has no lease; it might get {lease.Subnets}.";
        return changes.Count == 0 ? $"{head}\n# Everything is as it should be; nothing would change.\n" : $"{head}\n{string.Join('\n', changes)}\n";
    }

    // The real identity if there is one: reading it must not make it.
    private static void AddIdentity(IServiceCollection services, AgentSettings settings)
    {
        if (!File.Exists(Path.Combine(settings.StateDirectory, "node-id")))
        {
            services.AddSingleton(new NodeIdentity(Guid.NewGuid().ToString("N"), "plan"));
        }
    }
}
