using Overlay.Agent.CommandLine;
using Overlay.Agent.Control;
using Overlay.Agent.Hosting;
using Overlay.Agent.State;
using Overlay.Core.Diagnostics;
using Overlay.Core.Firewall;
using Overlay.Linux.Kernel;
using Overlay.WireGuard.Control;
using Overlay.WireGuard.Control.Uapi;

namespace Overlay.Agent.Commands;

/// <summary>Takes away what an agent that runs no more has made, by its record. One failing step does not hold up the others.</summary>
internal sealed class Removal(AgentSettings settings)
{
    private const string WireGuardName = "wireguard";

    private readonly List<string> _removed = [];
    private readonly List<string> _kept = [];
    private readonly List<string> _failures = [];

    /// <summary>What was removed, one line each.</summary>
    public IReadOnlyList<string> Removed => _removed;

    /// <summary>What stays on purpose, one line each.</summary>
    public IReadOnlyList<string> Kept => _kept;

    /// <summary>Refuses while an agent runs.</summary>
    /// <exception cref="OverlayException">One does.</exception>
    public MadeRecord RequireNoAgent()
    {
        var record = new StateFile(settings.StateDirectory).Read();
        if (new ControlClient(settings.ControlSocket).IsRunning() || record.Networks.Any(network => NetworkLock.IsTaken(network.ToClaim().Network)))
        {
            throw new OverlayException("overlayd is running here and would make everything again: stop it first, or use 'overlayd leave'.");
        }

        return record;
    }

    /// <summary>Removes links, routes, rules, the subnet file and the socket of an agent that was killed.</summary>
    /// <param name="services">The parts that remove.</param>
    /// <param name="record">What an agent has made.</param>
    /// <param name="keepsGuards">Whether routes that keep an encrypted network's packets from leaving in clear stay.</param>
    public async Task RemoveAsync(IServiceProvider services, MadeRecord record, bool keepsGuards = false)
    {
        var kernel = services.GetRequiredService<IKernelReconciler>();
        foreach (var network in record.Networks)
        {
            var claim = network.ToClaim();
            if (keepsGuards && network.Name == WireGuardName && claim.Network.Count > 0)
            {
                // The devices take their routes with them; what is left inside the network is the guard.
                claim = claim with { Network = [] };
                _kept.Add($"unreachable {string.Join(", ", network.Prefixes)}: no workload's packet leaves in clear; 'overlayd cleanup' removes it");
            }

            await TryAsync(async () => _removed.AddRange((await kernel.RemoveAsync(claim, CancellationToken.None)).Select(WithoutVerb)));
            foreach (var device in network.Name == WireGuardName ? claim.Devices : [])
            {
                TryDeleteDeviceSocket(device);
            }
        }

        await TryAsync(async () => _removed.AddRange(await services.GetRequiredService<IFirewall>().RemoveAsync(CancellationToken.None)));
        if (record.SubnetFile is { } subnetFile)
        {
            TryDelete(subnetFile);
        }

        // An agent that was killed leaves its socket; RequireNoAgent has found nobody listening.
        TryDelete(settings.ControlSocket);
    }

    /// <summary>Removes the lease store and what identifies the node.</summary>
    public void Purge(MadeRecord record)
    {
        foreach (var store in new[] { record.Store, settings.Store == StoreKind.Sqlite ? settings.StorePath : null }.OfType<string>().Distinct())
        {
            foreach (var suffix in new[] { "", "-wal", "-shm" })
            {
                TryDelete(store + suffix);
            }
        }

        TryDelete(settings.WireGuardKeyFile);
        TryDelete(Path.Combine(settings.StateDirectory, "node-id"));
    }

    /// <summary>Deletes the record, unless something that it names is still there.</summary>
    /// <exception cref="OverlayException">Something could not be removed; the message names it.</exception>
    public void Finish()
    {
        if (_failures.Count > 0)
        {
            throw new OverlayException($"Not everything could be removed: {string.Join("; ", _failures)}");
        }

        if (_kept.Count == 0 && Directory.Exists(settings.StateDirectory))
        {
            new StateFile(settings.StateDirectory).Delete();
        }
    }

    // The kernel's lines are those of a plan: "remove route ...".
    private static string WithoutVerb(string line) => line.StartsWith("remove ", StringComparison.Ordinal) ? line["remove ".Length..] : line;

    private async Task TryAsync(Func<Task> step)
    {
        try
        {
            await step();
        }
        catch (OverlayException exception)
        {
            _failures.Add(exception.Message);
        }
    }

    // What wg talks to. The folder is shared with other namespaces, whose agents may be alive.
    private void TryDeleteDeviceSocket(string device)
    {
        var path = Path.Combine(UapiSocket.DefaultFolder, device + ".sock");
        if (!File.Exists(path))
        {
            return;
        }

        try
        {
            // Taking the place of a dead one is the only sure way to know that it is dead.
            UapiSocket.Open(device).Dispose();
            _removed.Add($"file {path}");
        }
        catch (WireGuardException)
        {
            // Somebody listens there.
        }
    }

    private void TryDelete(string path)
    {
        try
        {
            if (File.Exists(path))
            {
                File.Delete(path);
                _removed.Add($"file {path}");
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _failures.Add($"file {path}: {exception.Message}");
        }
    }
}
