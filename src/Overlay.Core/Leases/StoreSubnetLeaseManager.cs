using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Overlay.Core.Addressing;
using Overlay.Core.Configuration;
using Overlay.Core.Diagnostics;

namespace Overlay.Core.Leases;

/// <summary>The lease manager over any <see cref="ILeaseStore"/>. Keys and values are flannel's, so that flannel's nodes and ours share one store.</summary>
public sealed partial class StoreSubnetLeaseManager : ISubnetLeaseManager, IStoreHealth, IDisposable
{
    private readonly IConfigurationSource _configurations;
    private readonly LeaseOptions _options;
    private readonly OverlayMetrics _metrics;
    private readonly ILogger _logger;
    private readonly NodeMark _mark;
    private readonly StoreAccess _store;
    private readonly LeaseAcquisition _acquisition;
    private readonly LeaseReservation _reservation;
    private readonly ConcurrentDictionary<string, HeldLease> _held = new(StringComparer.Ordinal);
    private volatile NetworkConfiguration? _configuration;

    /// <summary>Puts the parts together.</summary>
    /// <exception cref="ArgumentException">The options contradict each other.</exception>
    public StoreSubnetLeaseManager(
        ILeaseStore store,
        IConfigurationSource configurations,
        NodeIdentity identity,
        IOptions<LeaseOptions> options,
        TimeProvider clock,
        Random random,
        OverlayMetrics metrics,
        ILogger<StoreSubnetLeaseManager> logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(random);
        _options = options.Value;
        if (_options.RenewMargin <= TimeSpan.Zero || _options.RenewMargin >= _options.Term)
        {
            throw new ArgumentException($"The renewal margin {_options.RenewMargin} must be more than zero and less than the term {_options.Term}.", nameof(options));
        }

        _configurations = configurations;
        _metrics = metrics;
        _logger = logger;
        _mark = new NodeMark(identity, random.NextInt64().ToString("x16", CultureInfo.InvariantCulture));
        _store = new StoreAccess(store, clock, random, metrics, logger);
        _acquisition = new LeaseAcquisition(_store, _mark, _options, new LeaseClaim(_store, _mark, _options, logger));
        _reservation = new LeaseReservation(_store);
    }

    /// <inheritdoc/>
    public string? StoreFault => _store.Fault ?? (_configurations as IStoreHealth)?.StoreFault;

    /// <inheritdoc/>
    public async IAsyncEnumerable<NetworkConfiguration> WatchConfigurationAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var configuration in _configurations.WatchAsync(cancellationToken))
        {
            _configuration = configuration;
            yield return configuration;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<OwnRecord?> ReadOwnAsync(CancellationToken cancellationToken)
    {
        var (leases, _) = await _store.ReadAsync(cancellationToken);
        var addresses = _options.LocalAddresses();
        // The identity alone would also fit a clone of this machine's disk; with the address it is this node before its last boot.
        var own = leases.FirstOrDefault(lease => lease.Value?.Owner?.Identity == _mark.Identity)
            ?? leases.FirstOrDefault(lease => lease.Value is { Owner.Identity.NodeId: var node } && node == _mark.Identity.NodeId && HasAny(lease, addresses))
            ?? leases.FirstOrDefault(lease => HasAny(lease, addresses));
        return own?.ToLease() is { } found ? new OwnRecord { Lease = found } : null;
    }

    /// <inheritdoc/>
    public async ValueTask<Lease> AcquireAsync(LeaseRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var lease = await _acquisition.RunAsync(request, await ReadConfigurationAsync(cancellationToken), cancellationToken);
        Hold(lease, isNew: true);
        Log.Acquired(_logger, lease.Subnets.ToString(), lease.Expires);
        return lease;
    }

    /// <inheritdoc/>
    public async ValueTask<Lease> UpdateAsync(Lease own, LeaseAttributes attributes, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(own);
        ArgumentNullException.ThrowIfNull(attributes);
        var held = Hold(own);
        return await held.TryWriteAsync(attributes, cancellationToken)
            ? held.Lease
            : throw new LeaseException(held.End == LeaseEnd.TakenByAnother ? $"Subnet {own.Subnets} belongs to another node now." : $"Lease {own.Subnets} has expired or was deleted.");
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<LeaseBatch> WatchAsync(CancellationToken cancellationToken) => LeaseWatch.RunAsync(_store, cancellationToken);

    /// <inheritdoc/>
    public async Task<LeaseEnd> KeepAsync(Lease own, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(own);
        var end = await new LeaseKeeper(Hold(own), _store, _options, _metrics).RunAsync(cancellationToken);
        Log.Ended(_logger, own.Subnets.ToString(), end);
        return end;
    }

    /// <inheritdoc/>
    public async ValueTask ReleaseAsync(Lease own, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(own);
        await Hold(own).ReleaseAsync(cancellationToken);
        Log.Released(_logger, own.Subnets.ToString());
    }

    /// <summary>Keeps subnets for the node that has a public address, for ever: no other node gets them, whether that one runs or not. A lease that
    /// the node holds on them already loses its expiry. In etcd an administrator does the same by writing the key without a lease.</summary>
    /// <exception cref="LeaseException">The subnets are not of the network, or somebody else has them.</exception>
    public async ValueTask ReserveAsync(SubnetPair subnets, AddressPair publicAddresses, CancellationToken cancellationToken) =>
        await _reservation.RunAsync(subnets, publicAddresses, (await ReadConfigurationAsync(cancellationToken)).Network, cancellationToken);

    /// <summary>Lets go of the leases, which stay in the store.</summary>
    public void Dispose()
    {
        foreach (var held in _held.Values)
        {
            held.Dispose();
        }
    }

    private static bool HasAny(StoredLease lease, IReadOnlyCollection<IPAddress> addresses) =>
        lease.Value is { Attributes.PublicAddresses: var own }
        && ((own.IPv4 is { } ipv4 && addresses.Contains(ipv4)) || (own.IPv4 is null && own.IPv6 is { } ipv6 && addresses.Contains(ipv6)));

    /// <summary>The one object that writes the lease, whoever asks.</summary>
    private HeldLease Hold(Lease lease, bool isNew = false) => _held.AddOrUpdate(
        lease.Key,
        _ => new HeldLease(_store, _mark, _options, lease),
        (_, held) => isNew ? new HeldLease(_store, _mark, _options, lease) : held);

    private async ValueTask<NetworkConfiguration> ReadConfigurationAsync(CancellationToken cancellationToken)
    {
        if (_configuration is null)
        {
            await foreach (var configuration in _configurations.WatchAsync(cancellationToken))
            {
                _configuration = configuration;
                break;
            }
        }

        return _configuration ?? throw new LeaseException("The network has no configuration.");
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.Leases + 10, LogLevel.Information, "Acquired lease {Subnets} until {Expires:u}")]
        public static partial void Acquired(ILogger logger, string subnets, DateTimeOffset? expires);

        [LoggerMessage(EventIds.Leases + 11, LogLevel.Error, "Lease {Subnets} is no longer this node's: {End}")]
        public static partial void Ended(ILogger logger, string subnets, LeaseEnd end);

        [LoggerMessage(EventIds.Leases + 12, LogLevel.Information, "Released lease {Subnets}")]
        public static partial void Released(ILogger logger, string subnets);
    }
}
