using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Overlay.Core.Addressing;
using Overlay.Core.Backends;
using Overlay.Core.Configuration;
using Overlay.Core.Diagnostics;
using Overlay.Core.Leases;
using Overlay.Linux.Kernel;
using Overlay.Linux.Netlink.Route;
using Overlay.Linux.Sysctls;
using Overlay.Linux.Underlay;

namespace Overlay.Linux.Backends.Vxlan;

/// <summary>Opens VXLAN networks.</summary>
internal sealed class VxlanBackend(
    IKernelReconciler kernel, NetworkWatch watch, SysctlKeeper sysctls, IOptions<VxlanOptions> options, Random random, ILogger<VxlanBackend> logger)
    : IBackend, IBackendSettings
{
    public string Name => VxlanPlanner.BackendType;

    public void Check(SettingsReader settings, AddressFamilies families) => VxlanSettings.Read(settings);

    public async ValueTask<IOverlayNetwork> OpenAsync(BackendContext context, CancellationToken cancellationToken)
    {
        var mistakes = new List<ConfigurationMistake>();
        var settings = VxlanSettings.Read(new SettingsReader(context.Configuration.Backend.ReadSettings(), "net-conf.json: Backend.", mistakes));
        if (mistakes.Count > 0)
        {
            throw new ConfigurationException(mistakes);
        }

        var network = context.Configuration.Network;
        var underlay = context.Underlay.Current;
        var identity = await watch.RunAsync(netlink => ChooseIdentity(netlink, settings, network, underlay, context.Own)).WaitAsync(cancellationToken);
        if (new VxlanPlanner(settings, network, underlay, identity).FindMtuFault() is { } fault)
        {
            throw new OverlayException(fault);
        }

        // Both names: a network that was dual-stack in an earlier run leaves no device behind.
        var claim = new ScopeClaim(Name, [VxlanDevice.Name(settings.Vni, isIPv6: false), VxlanDevice.Name(settings.Vni, isIPv6: true)], Claims.Of(network));
        return new PlannedNetwork(kernel, claim, context, now => new VxlanPlanner(settings, network, now, identity), logger, Guards(settings, network));
    }

    private List<INetworkGuard> Guards(VxlanSettings settings, SubnetPair network)
    {
        var families = Families(network).ToArray();
        var guards = new List<INetworkGuard>(3)
        {
            new SysctlGuard(sysctls, network.Families, [.. families.Select(isIPv6 => VxlanDevice.Name(settings.Vni, isIPv6))]),
        };
        guards.AddRange(families.Select(isIPv6 => new VxlanClashGuard(watch, settings, isIPv6)));
        return guards;
    }

    private VxlanIdentity ChooseIdentity(RouteNetlink netlink, VxlanSettings settings, SubnetPair network, Core.Backends.Underlay underlay, OwnRecord? own)
    {
        var links = netlink.ListLinks("vxlan");
        foreach (var isIPv6 in Families(network))
        {
            if (VxlanClash.Find(links, settings, isIPv6) is { } clash)
            {
                throw new OverlayException(clash);
            }
        }

        var record = own?.Lease?.Attributes is { BackendType: VxlanPlanner.BackendType } attributes ? attributes : null;
        return new VxlanIdentity(
            ChooseMac(record?.BackendData, isIPv6: false),
            ChooseMac(record?.BackendV6Data, isIPv6: true),
            ChecksumChoice.Decide(options.Value.TxChecksumOffload, Environment.OSVersion.Version, UnderlayDrivers.Read(netlink, underlay.InterfaceIndex)));

        // What peers know already, then what stands already, then a new one.
        MacAddress ChooseMac(string? data, bool isIPv6) =>
            VxlanPeerData.TryRead(data, out var recorded, out _) ? recorded.Mac
            : links.FirstOrDefault(link => link.Name == VxlanDevice.Name(settings.Vni, isIPv6)) is { } existing && IsCompatible(existing) ? existing.Mac
            : MacAddress.CreateLocal(random);

        bool IsCompatible(Link link) =>
            link.Vxlan is { } vxlan && vxlan.Vni == settings.Vni && vxlan.Port == settings.Port && vxlan.GroupPolicy == settings.GroupPolicy;
    }

    private static IEnumerable<bool> Families(SubnetPair network)
    {
        if (network.IPv4 is not null)
        {
            yield return false;
        }

        if (network.IPv6 is not null)
        {
            yield return true;
        }
    }
}
