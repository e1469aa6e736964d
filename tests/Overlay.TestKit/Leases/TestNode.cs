using System.Net;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Overlay.Core.Addressing;
using Overlay.Core.Configuration;
using Overlay.Core.Diagnostics;
using Overlay.Core.Leases;

namespace Overlay.TestKit.Leases;

/// <summary>A lease manager as one run of one node has it.</summary>
public sealed class TestNode : IDisposable
{
    private readonly AddressPair _address;

    /// <summary>Starts a run of a node.</summary>
    /// <param name="store">The node's own handle of the shared store.</param>
    /// <param name="clock">The clock of all nodes.</param>
    /// <param name="address">The node's public address, or two separated by a comma.</param>
    /// <param name="configuration">The text of <c>net-conf.json</c>.</param>
    /// <param name="incarnation">Another one is another boot.</param>
    /// <param name="nodeId">The machine; by default the one with the address.</param>
    /// <param name="configure">Changes how long leases last.</param>
    public TestNode(ILeaseStore store, TimeProvider clock, string address, string configuration, string incarnation = "boot1", string? nodeId = null, Action<LeaseOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(address);
        var addresses = address.Split(',').Select(IPAddress.Parse).ToLookup(parsed => parsed.AddressFamily);
        _address = new AddressPair(
            addresses[System.Net.Sockets.AddressFamily.InterNetwork].FirstOrDefault(), addresses[System.Net.Sockets.AddressFamily.InterNetworkV6].FirstOrDefault());
        LocalAddresses = [.. addresses.SelectMany(group => group)];
        var parser = new NetworkConfigurationParser(new Dictionary<string, IBackendSettings?> { ["vxlan"] = null });
        var options = new LeaseOptions { LocalAddresses = () => [.. LocalAddresses] };
        configure?.Invoke(options);
        Manager = new StoreSubnetLeaseManager(
            store,
            new FixedConfiguration(parser.Parse(configuration, "net-conf.json")),
            new NodeIdentity(nodeId ?? $"node {address}", incarnation),
            Options.Create(options),
            clock,
            new Random(HashCode.Combine(address, incarnation)),
            new OverlayMetrics(Meters),
            NullLogger<StoreSubnetLeaseManager>.Instance);
    }

    /// <summary>The lease manager.</summary>
    public StoreSubnetLeaseManager Manager { get; }

    /// <summary>The addresses of the node's interfaces; by default the public ones.</summary>
    public IReadOnlyList<IPAddress> LocalAddresses { get; set; }

    /// <summary>Where the node's meter was made.</summary>
    public PlainMeterFactory Meters { get; } = new();

    /// <summary>The node's attributes.</summary>
    public LeaseAttributes Attributes(string data = """{"VNI":1,"VtepMAC":"c6:d2:32:6f:8f:44"}""") => new() { PublicAddresses = _address, BackendType = "vxlan", BackendData = data };

    /// <summary>Takes a lease.</summary>
    public Task<Lease> AcquireAsync(SubnetPair preferred = default, CancellationToken cancellationToken = default) =>
        Manager.AcquireAsync(new LeaseRequest(Attributes(), preferred), cancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(20), CancellationToken.None);

    /// <inheritdoc/>
    public void Dispose()
    {
        Manager.Dispose();
        Meters.Dispose();
    }

    private sealed class FixedConfiguration(NetworkConfiguration configuration) : IConfigurationSource
    {
        public async IAsyncEnumerable<NetworkConfiguration> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            yield return configuration;
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        }
    }
}
