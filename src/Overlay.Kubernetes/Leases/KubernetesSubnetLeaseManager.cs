using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Overlay.Core.Addressing;
using Overlay.Core.Configuration;
using Overlay.Core.Diagnostics;
using Overlay.Core.Leases;
using Overlay.Kubernetes.Access;
using Overlay.Kubernetes.Nodes;

namespace Overlay.Kubernetes.Leases;

/// <summary>Leases in the nodes of a cluster: Kubernetes assigns the subnets (<c>spec.podCIDRs</c>), annotations tell the rest (flannel-facts 4).</summary>
internal sealed partial class KubernetesSubnetLeaseManager(
    IConfigurationSource configurations, OwnNode ownNode, NodeFeed feed, NodeNotices notices, Patience patience, OverlayMetrics metrics, ILogger<KubernetesSubnetLeaseManager> logger)
    : ISubnetLeaseManager, IStoreHealth
{
    private const string NotAssigned = "PodCIDRNotAssigned";
    private const string DoesNotFit = "PodCIDRDoesNotFit";

    private volatile NetworkConfiguration? _configuration;

    /// <inheritdoc/>
    public string? StoreFault => patience.WaitingFor;

    /// <inheritdoc/>
    public async IAsyncEnumerable<NetworkConfiguration> WatchConfigurationAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var configuration in configurations.WatchAsync(cancellationToken))
        {
            _configuration ??= configuration;
            yield return configuration;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<OwnRecord?> ReadOwnAsync(CancellationToken cancellationToken)
    {
        var network = await ReadNetworkAsync(cancellationToken);
        var node = await ownNode.ReadAsync(cancellationToken);
        return new OwnRecord
        {
            Lease = NodeLease.Read(node, network, out _),
            PublicAddressOverrides = new AddressPair(
                ReadOverride(node, NodeField.NodePublicIp, AddressFamily.InterNetwork), ReadOverride(node, NodeField.NodePublicIpv6, AddressFamily.InterNetworkV6)),
        };
    }

    /// <inheritdoc/>
    public async ValueTask<Lease> AcquireAsync(LeaseRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var network = await ReadNetworkAsync(cancellationToken);
        while (true)
        {
            var node = await ownNode.ReadAsync(cancellationToken);
            if (await ReadSubnetsAsync(node, network, cancellationToken) is not { } subnets)
            {
                await WaitForSubnetsAsync(node, network, cancellationToken);
            }
            else if (await WriteAsync(node, request.Attributes, cancellationToken) is { } written)
            {
                Log.Acquired(logger, written.Name, subnets);
                return Lease(written, subnets, request.Attributes);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask<Lease> UpdateAsync(Lease own, LeaseAttributes attributes, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(own);
        ArgumentNullException.ThrowIfNull(attributes);
        var network = await ReadNetworkAsync(cancellationToken);
        while (true)
        {
            var node = await ownNode.ReadAsync(cancellationToken);
            if (OwnSubnets.Read(node, network) != own.Subnets)
            {
                throw new LeaseException($"The PodCIDR of node \"{node.Name}\" is no longer {own.Subnets}.");
            }

            if (await WriteAsync(node, attributes, cancellationToken) is { } written)
            {
                return Lease(written, own.Subnets, attributes);
            }
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<LeaseBatch> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var table = await CreateTableAsync(cancellationToken);
        await foreach (var batch in feed.RunAsync(table, "", cancellationToken))
        {
            yield return batch;
        }
    }

    /// <inheritdoc/>
    public async Task<LeaseEnd> KeepAsync(Lease own, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(own);
        return await new LeaseKeeper(ownNode, notices, patience, await ReadNetworkAsync(cancellationToken), logger).RunAsync(own, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask ReleaseAsync(Lease own, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(own);
        for (NodeRecord? written = null; written is null;)
        {
            var node = await ownNode.ReadAsync(cancellationToken);
            if (PodCidrs.Read(node, out var subnets) is not null || !subnets.Overlaps(own.Subnets))
            {
                return;
            }

            written = OwnAnnotations.Removal(node) is { Count: > 0 } changes ? await PatchAsync(node, changes, cancellationToken) : node;
            if (written is not null)
            {
                notices.Want(NetworkCondition.Left);
                await notices.WriteAsync(written, cancellationToken);
                Log.Released(logger, written.Name, own.Subnets);
            }
        }
    }

    private static System.Net.IPAddress? ReadOverride(NodeRecord node, NodeField field, AddressFamily family) => NodeLease.ReadAddress(node, field, family);

    private static Lease Lease(NodeRecord node, SubnetPair subnets, LeaseAttributes attributes) =>
        new() { Subnets = subnets, Attributes = attributes, Version = new LeaseVersion(node.ResourceVersion) };

    /// <summary>Brings the annotations to what they must be; <see langword="null"/> when the node was changed meanwhile, and all begins again.</summary>
    private async ValueTask<NodeRecord?> WriteAsync(NodeRecord node, LeaseAttributes attributes, CancellationToken cancellationToken) =>
        OwnAnnotations.Differences(node, attributes) is { Count: > 0 } changes ? await PatchAsync(node, changes, cancellationToken) : node;

    private ValueTask<NodeRecord?> PatchAsync(NodeRecord node, IReadOnlyList<(NodeField Field, string? Value)> changes, CancellationToken cancellationToken) =>
        patience.InsistAsync("write", async token => await ownNode.TryWriteAsync(node, changes, token), cancellationToken);

    private async ValueTask<SubnetPair?> ReadSubnetsAsync(NodeRecord node, SubnetPair network, CancellationToken cancellationToken)
    {
        try
        {
            return OwnSubnets.Read(node, network);
        }
        catch (LeaseException exception)
        {
            await notices.WarnAsync(node, DoesNotFit, exception.Message, cancellationToken);
            throw;
        }
    }

    private async Task WaitForSubnetsAsync(NodeRecord node, SubnetPair network, CancellationToken cancellationToken)
    {
        var explanation = OwnSubnets.Explain(node.Name);
        if (patience.Await("subnet", explanation))
        {
            await notices.WarnAsync(node, NotAssigned, explanation, cancellationToken);
        }

        // The watch of all nodes does not run before there is a lease; this one is of a single node.
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var table = await CreateTableAsync(cancellationToken);
        var following = FollowAsync(table, $"&fieldSelector={Uri.EscapeDataString($"metadata.name={node.Name}")}", ending.Token);
        try
        {
            for (var seen = ownNode.Sighting.Current; seen.Node is not { } now || (PodCidrs.Read(now, out var subnets) is null && subnets.Families == AddressFamilies.None);)
            {
                seen = await ownNode.Sighting.WaitForOtherThanAsync(seen, cancellationToken);
            }
        }
        finally
        {
            await ending.CancelAsync();
            await Task.WhenAny(following);
        }

        patience.Recovered("subnet");
    }

    private async Task FollowAsync(NodeTable table, string selector, CancellationToken cancellationToken)
    {
        await foreach (var batch in feed.RunAsync(table, selector, cancellationToken))
        {
            _ = batch;
        }
    }

    private async ValueTask<NodeTable> CreateTableAsync(CancellationToken cancellationToken) =>
        new(await ownNode.FindNameAsync(cancellationToken), await ReadNetworkAsync(cancellationToken), ownNode.See, Complain);

    private void Complain(string node, string complaint)
    {
        metrics.StoreEntrySkipped();
        Log.Skipped(logger, node, complaint);
    }

    private async ValueTask<SubnetPair> ReadNetworkAsync(CancellationToken cancellationToken)
    {
        if (_configuration is null)
        {
            await foreach (var configuration in configurations.WatchAsync(cancellationToken))
            {
                _configuration = configuration;
                break;
            }
        }

        return _configuration?.Network ?? throw new LeaseException("The network has no configuration.");
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.Kubernetes + 50, LogLevel.Information, "Node {Node} has the subnet {Subnets}, and its annotations say how to reach it")]
        public static partial void Acquired(ILogger logger, string node, SubnetPair subnets);

        [LoggerMessage(EventIds.Kubernetes + 51, LogLevel.Information, "Took the annotations of node {Node} away; {Subnets} stays assigned to it")]
        public static partial void Released(ILogger logger, string node, SubnetPair subnets);

        [LoggerMessage(EventIds.Kubernetes + 52, LogLevel.Warning, "Node {Node} {Complaint}; it is left out as a peer")]
        public static partial void Skipped(ILogger logger, string node, string complaint);
    }
}
