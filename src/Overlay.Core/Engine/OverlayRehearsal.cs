using System.Net;
using Overlay.Core.Addressing;
using Overlay.Core.Backends;
using Overlay.Core.Configuration;
using Overlay.Core.Diagnostics;
using Overlay.Core.Firewall;
using Overlay.Core.Leases;

namespace Overlay.Core.Engine;

/// <summary>Goes through the start without taking a lease and without changing anything, so that the data plane can say what it would do.</summary>
public sealed class OverlayRehearsal
{
    private readonly EngineParts _parts;

    internal OverlayRehearsal(EngineParts parts) => _parts = parts;

    /// <summary>Records in the data plane what this node would want now.</summary>
    /// <param name="plan">Called with the rules that the firewall would get, while the networks are open; asks the data plane and the firewall for
    /// their plans.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The lease that the node has, or the one that it might get, and whether it has it.</returns>
    /// <exception cref="OverlayException">The start would fail; the message says why.</exception>
    public async Task<(Lease Lease, bool IsHeld)> RunAsync(Func<FirewallRules, Task> plan, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var start = new EngineStart(_parts);
        var configuration = await start.ReadConfigurationAsync(cancellationToken);
        var own = await _parts.Leases.ReadOwnAsync(cancellationToken);
        var underlay = await _parts.Underlay.SelectAsync(EngineStart.Select(_parts.Options, own), configuration.Network.Families, cancellationToken);
        var backend = start.FindBackend(configuration.Backend.Type);
        await using var network = await backend.OpenAsync(
            new BackendContext { Configuration = configuration, Underlay = underlay, Own = own, BlackholeOwnSubnet = _parts.Options.BlackholeOwnSubnet, IsRehearsal = true },
            cancellationToken);
        var networks = new NetworkSet([new OpenNetwork(backend.Name, network)]);
        var leases = await ReadLeasesAsync(cancellationToken);
        var lease = own?.Lease ?? new Lease { Subnets = Guess(configuration, leases), Attributes = network.Facts.Current.Attributes };
        await networks.ActivateAsync(lease, cancellationToken);
        await networks.ApplyAsync(new LeaseBatch.Snapshot(leases), lease.Key, cancellationToken);
        await plan(NodeFirewallRules.For(_parts.Options, lease, configuration));
        return (lease, own?.Lease is not null);
    }

    private async Task<IReadOnlyList<Lease>> ReadLeasesAsync(CancellationToken cancellationToken)
    {
        await foreach (var batch in _parts.Leases.WatchAsync(cancellationToken))
        {
            return batch is LeaseBatch.Snapshot snapshot ? snapshot.Leases : [];
        }

        return [];
    }

    /// <summary>What the subnet file asks for if it is free, else a free one: the real choice is by chance.</summary>
    private SubnetPair Guess(NetworkConfiguration configuration, IReadOnlyList<Lease> leases)
    {
        var preferred = SubnetFileReader.ReadSubnets(_parts.Options.SubnetFile, _ => { });
        return new SubnetPair(
            Guess(configuration.Network.IPv4, configuration.IPv4Subnets, preferred.IPv4, leases.Select(lease => lease.Subnets.IPv4)),
            Guess(configuration.Network.IPv6, configuration.IPv6Subnets, preferred.IPv6, leases.Select(lease => lease.Subnets.IPv6)));
    }

    private static IPNetwork? Guess(
        IPNetwork? network, SubnetRange? range, IPNetwork? preferred, IEnumerable<IPNetwork?> taken)
    {
        if (network is not { } all || range is null)
        {
            return null;
        }

        var allocator = new SubnetAllocator(all, range, taken.OfType<IPNetwork>());
        return allocator.Choose(preferred, new Random(0)) ?? throw new LeaseException(allocator.Exhaustion());
    }
}
