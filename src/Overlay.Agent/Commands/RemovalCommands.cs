using Overlay.Agent.CommandLine;
using Overlay.Agent.Control;
using Overlay.Core.Leases;

namespace Overlay.Agent.Commands;

/// <summary><c>cleanup</c> and <c>leave</c>.</summary>
internal static class RemovalCommands
{
    public static async Task<int> CleanupAsync(AgentSettings settings)
    {
        var removal = new Removal(settings);
        var record = removal.RequireNoAgent();
        await using var services = OfflineServices.Build(settings);
        try
        {
            await removal.RemoveAsync(services, record);
            if (settings.Purge)
            {
                removal.Purge(record);
            }
        }
        finally
        {
            Print(removal);
        }

        removal.Finish();
        return 0;
    }

    public static async Task<int> LeaveAsync(AgentSettings settings)
    {
        var client = new ControlClient(settings.ControlSocket);
        if (client.IsRunning())
        {
            Console.Out.Write(await client.SendAsync("POST", "/leave", CancellationToken.None));
            return 0;
        }

        var removal = new Removal(settings);
        var record = removal.RequireNoAgent();
        await using var services = OfflineServices.Build(settings);
        if (settings.Store is StoreKind.Etcd or StoreKind.Kubernetes || (settings.Store == StoreKind.Sqlite && File.Exists(settings.StorePath)))
        {
            var manager = services.GetRequiredService<ISubnetLeaseManager>();
            if (await manager.ReadOwnAsync(CancellationToken.None) is { Lease: { } lease })
            {
                await manager.ReleaseAsync(lease, CancellationToken.None);
                Console.Out.WriteLine($"removed lease {lease.Subnets}");
            }
        }

        await removal.RemoveAsync(services, record, keepsGuards: true);
        Print(removal);
        removal.Finish();
        return 0;
    }

    private static void Print(Removal removal)
    {
        foreach (var line in removal.Removed)
        {
            Console.Out.WriteLine($"removed {line}");
        }

        foreach (var line in removal.Kept)
        {
            Console.Out.WriteLine($"kept {line}");
        }

        if (removal.Removed.Count == 0)
        {
            Console.Out.WriteLine("Nothing was here that an agent has made.");
        }
    }
}
