using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using Overlay.Linux.Interop;
using Overlay.Linux.Netlink;
using Overlay.Linux.Netlink.Route;
using Xunit;

namespace Overlay.Linux.Tests.Interop;

/// <summary>Our numbers against those that a C compiler found in the kernel's headers: <c>uapi.golden.txt</c>, made by <c>make-uapi-golden.sh</c>.</summary>
public sealed class UapiTests
{
    private const BindingFlags Declared = BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<string, long> _golden = Resources.Lines("uapi.golden.txt")
        .ToDictionary(line => line[..line.LastIndexOf(' ')], line => long.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));

    public static TheoryData<NetlinkFlags, string> Flags => new()
    {
        { NetlinkFlags.Request, "NLM_F_REQUEST" }, { NetlinkFlags.Multi, "NLM_F_MULTI" }, { NetlinkFlags.Acknowledge, "NLM_F_ACK" },
        { NetlinkFlags.DumpInterrupted, "NLM_F_DUMP_INTR" }, { NetlinkFlags.DumpFiltered, "NLM_F_DUMP_FILTERED" },
        { NetlinkFlags.Replace, "NLM_F_REPLACE" }, { NetlinkFlags.Exclusive, "NLM_F_EXCL" }, { NetlinkFlags.Create, "NLM_F_CREATE" },
        { NetlinkFlags.Append, "NLM_F_APPEND" }, { NetlinkFlags.Dump, "NLM_F_DUMP" }, { NetlinkFlags.Capped, "NLM_F_CAPPED" },
        { NetlinkFlags.HasExtendedAcknowledgement, "NLM_F_ACK_TLVS" },
    };

    public static TheoryData<long, string> Enumerations => new()
    {
        { (long)RouteGroup.Link, "RTNLGRP_LINK" }, { (long)RouteGroup.Neighbour, "RTNLGRP_NEIGH" }, { (long)RouteGroup.IPv4Address, "RTNLGRP_IPV4_IFADDR" },
        { (long)RouteGroup.IPv4Route, "RTNLGRP_IPV4_ROUTE" }, { (long)RouteGroup.IPv6Address, "RTNLGRP_IPV6_IFADDR" }, { (long)RouteGroup.IPv6Route, "RTNLGRP_IPV6_ROUTE" },
        { (long)LinkFlags.Up, "IFF_UP" }, { (long)LinkFlags.Broadcast, "IFF_BROADCAST" }, { (long)LinkFlags.Loopback, "IFF_LOOPBACK" },
        { (long)LinkFlags.PointToPoint, "IFF_POINTOPOINT" }, { (long)LinkFlags.Running, "IFF_RUNNING" }, { (long)LinkFlags.NoArp, "IFF_NOARP" },
        { (long)LinkFlags.Multicast, "IFF_MULTICAST" }, { (long)LinkFlags.Promiscuous, "IFF_PROMISC" }, { (long)LinkFlags.LowerUp, "IFF_LOWER_UP" },
        { (long)AddressFlags.Secondary, "IFA_F_SECONDARY" }, { (long)AddressFlags.NoDuplicateDetection, "IFA_F_NODAD" },
        { (long)AddressFlags.DuplicateDetectionFailed, "IFA_F_DADFAILED" }, { (long)AddressFlags.Deprecated, "IFA_F_DEPRECATED" },
        { (long)AddressFlags.Tentative, "IFA_F_TENTATIVE" }, { (long)AddressFlags.Permanent, "IFA_F_PERMANENT" }, { (long)AddressFlags.NoPrefixRoute, "IFA_F_NOPREFIXROUTE" },
        { (long)NeighbourStates.Incomplete, "NUD_INCOMPLETE" }, { (long)NeighbourStates.Reachable, "NUD_REACHABLE" }, { (long)NeighbourStates.Stale, "NUD_STALE" },
        { (long)NeighbourStates.Delay, "NUD_DELAY" }, { (long)NeighbourStates.Probe, "NUD_PROBE" }, { (long)NeighbourStates.Failed, "NUD_FAILED" },
        { (long)NeighbourStates.NoArp, "NUD_NOARP" }, { (long)NeighbourStates.Permanent, "NUD_PERMANENT" },
        { (long)RouteType.Unicast, "RTN_UNICAST" }, { (long)RouteType.Local, "RTN_LOCAL" }, { (long)RouteType.Broadcast, "RTN_BROADCAST" },
        { (long)RouteType.Anycast, "RTN_ANYCAST" }, { (long)RouteType.Multicast, "RTN_MULTICAST" }, { (long)RouteType.Blackhole, "RTN_BLACKHOLE" },
        { (long)RouteType.Unreachable, "RTN_UNREACHABLE" }, { (long)RouteType.Prohibit, "RTN_PROHIBIT" }, { (long)RouteType.Throw, "RTN_THROW" },
        { RouteFamilies.IPv4, "AF_INET" }, { RouteFamilies.IPv6, "AF_INET6" }, { RouteFamilies.Bridge, "AF_BRIDGE" },
    };

    [Fact]
    public void Constants_All_HaveTheKernelsValue()
    {
        var constants = typeof(Uapi).GetFields(Declared).Where(field => field.IsLiteral).ToArray();

        Assert.NotEmpty(constants);
        Assert.All(constants, field => Assert.True(_golden.ContainsKey(field.Name), $"{field.Name} is not in uapi.golden.txt: run make-uapi-golden.sh."));
        Assert.All(constants, field => Assert.Equal(_golden[field.Name], Convert.ToInt64(field.GetRawConstantValue(), CultureInfo.InvariantCulture)));
    }

    [Fact]
    public void Structs_All_HaveTheKernelsLayout()
    {
        var structs = typeof(Uapi).GetNestedTypes(BindingFlags.NonPublic).Where(type => type.IsValueType).ToArray();

        Assert.NotEmpty(structs);
        Assert.All(structs, type => Assert.True(_golden.ContainsKey("sizeof " + type.Name), $"{type.Name} is not in uapi.golden.txt: run make-uapi-golden.sh."));
        Assert.All(structs, type => Assert.Equal(_golden["sizeof " + type.Name], Marshal.SizeOf(type)));
        var fields = structs.SelectMany(type => type.GetFields(BindingFlags.Instance | BindingFlags.Public));
        Assert.All(fields, field => Assert.Equal(_golden[$"offsetof {field.DeclaringType!.Name}.{field.Name}"], Marshal.OffsetOf(field.DeclaringType!, field.Name)));
    }

    [Theory]
    [MemberData(nameof(Flags))]
    public void NetlinkFlags_Each_HasTheKernelsValue(NetlinkFlags flag, string name) => Assert.Equal(_golden[name], (long)flag);

    [Theory]
    [MemberData(nameof(Enumerations))]
    public void Enumeration_Each_HasTheKernelsValue(long value, string name) => Assert.Equal(_golden[name], value);
}
