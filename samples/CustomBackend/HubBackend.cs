using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Overlay.Core.Addressing;
using Overlay.Core.Backends;
using Overlay.Core.Configuration;
using Overlay.Core.Leases;
using Overlay.Linux.Backends;
using Overlay.Linux.Kernel;

namespace CustomBackend;

/// <summary>A star: all traffic goes by way of one node, the hub. For nodes that reach the hub but not each other, as behind a switch with isolated ports
/// (a private VLAN). In <c>net-conf.json</c>: <c>"Backend": { "Type": "hub", "Hub": "192.0.2.1" }</c>. IPv4 only.</summary>
public sealed class HubBackend(IKernelReconciler kernel, ILogger<HubBackend> logger) : IBackend, IBackendSettings
{
    public string Name => "hub";

    public void Check(SettingsReader settings, AddressFamilies families) => ReadHub(settings);

    public ValueTask<IOverlayNetwork> OpenAsync(BackendContext context, CancellationToken cancellationToken)
    {
        // The settings were checked when the configuration was read, so there are no mistakes left.
        var hub = ReadHub(new SettingsReader(context.Configuration.Backend.ReadSettings(), "", []))!;
        var claim = new ScopeClaim(Name, Devices: [], Network: [new InetPrefix(context.Configuration.Network.IPv4!.Value)]);
        var network = new PlannedNetwork(kernel, claim, context, underlay => new HubPlanner(hub, underlay), logger);
        return ValueTask.FromResult<IOverlayNetwork>(network);
    }

    private static IPAddress? ReadHub(SettingsReader settings)
    {
        const string Allowed = "the hub's IPv4 address";
        var text = settings.Has("Hub") ? settings.ReadString("Hub", Allowed) : "";
        if (IPAddress.TryParse(text, out var hub) && hub.AddressFamily == AddressFamily.InterNetwork)
        {
            return hub;
        }

        // A value that is no text has been reported by the reader.
        if (text is not null)
        {
            settings.AddMistake("Hub", Allowed);
        }

        return null;
    }
}

/// <summary>The whole of the data path, as a pure function: which route does a peer need?</summary>
internal sealed class HubPlanner(IPAddress hub, Underlay underlay) : INetworkPlanner
{
    public NetworkFacts Facts { get; } = new()
    {
        Mtu = underlay.Mtu,
        Attributes = new LeaseAttributes { PublicAddresses = new AddressPair(underlay.PublicAddresses.IPv4, null), BackendType = "hub" },
    };

    public IReadOnlyList<KernelEntry> PlanOwn(Lease own) => [];

    public PeerPlan Plan(Lease own, Lease peer)
    {
        var gateway = hub.Equals(underlay.PublicAddresses.IPv4) ? peer.Attributes.PublicAddresses.IPv4! : hub;
        return underlay.IsOnLink(gateway)
            ? new PeerPlan([new RouteEntry { Destination = new InetPrefix(peer.Subnets.IPv4!.Value), Gateway = new InetAddress(gateway), Device = underlay.InterfaceName }])
            : new PeerPlan([], $"{gateway} is not on the link of {underlay.InterfaceName}; a hub and its nodes need a common one");
    }
}
