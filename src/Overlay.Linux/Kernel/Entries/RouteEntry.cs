using System.Text;
using Overlay.Core.Addressing;

namespace Overlay.Linux.Kernel;

/// <summary>A unicast, unreachable or blackhole route.</summary>
public sealed record RouteEntry : KernelEntry
{
    /// <summary>The main table (RT_TABLE_MAIN of linux/rtnetlink.h).</summary>
    public const uint MainTable = 254;

    /// <summary>The metric that the kernel gives an IPv6 route without one (IP6_RT_PRIO_USER of linux/ipv6_route.h).</summary>
    public const uint IPv6DefaultMetric = 1024;

    /// <summary>Where the packets go.</summary>
    public required InetPrefix Destination { get; init; }

    /// <summary>The routing table.</summary>
    public uint Table { get; init; } = MainTable;

    /// <summary>The metric; an IPv6 route always has one (<see cref="IPv6DefaultMetric"/>).</summary>
    public uint Metric { get; init; }

    /// <summary>What happens to a packet that matches.</summary>
    public RouteKind Kind { get; init; } = RouteKind.Unicast;

    /// <summary>The next hop; none for a route onto the link itself.</summary>
    public InetAddress Gateway { get; init; }

    /// <summary>The device's name; empty for a route that needs none.</summary>
    public string Device { get; init; } = "";

    /// <summary>Whether the gateway is taken to be on the link although no address says so (RTNH_F_ONLINK).</summary>
    public bool IsOnLink { get; init; }

    /// <summary>The route's MTU in bytes; 0 for the device's.</summary>
    public int Mtu { get; init; }

    /// <summary>Who installed the route (rtm_protocol of linux/rtnetlink.h).</summary>
    public byte Protocol { get; init; } = RouteProtocols.Overlay;

    /// <inheritdoc/>
    public override EntryKey Key => new(KernelTables.Route, "", Destination, Number: ((ulong)Table << 32) | Metric);

    /// <inheritdoc/>
    public override string RequiredDevice => Device;

    /// <inheritdoc/>
    public override bool IsWithin(ScopeClaim claim)
    {
        ArgumentNullException.ThrowIfNull(claim);
        return claim.HasRoute(Destination, Device, Protocol);
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        var text = new StringBuilder();
        if (Kind != RouteKind.Unicast)
        {
            text.Append(Kind == RouteKind.Unreachable ? "unreachable " : "blackhole ");
        }

        text.Append(Destination);
        Append(" via ", Gateway.IsNone ? "" : Gateway.ToString());
        Append(" dev ", Device);
        Append(" table ", Table == MainTable ? "" : Table.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Append(" metric ", Metric == (Destination.Address.IsIPv6 ? IPv6DefaultMetric : 0) ? "" : Metric.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Append(" mtu ", Mtu == 0 ? "" : Mtu.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Append(" onlink", IsOnLink ? " " : "");
        return text.ToString().TrimEnd();

        void Append(string label, string value)
        {
            if (value.Length > 0)
            {
                text.Append(label).Append(value);
            }
        }
    }
}
