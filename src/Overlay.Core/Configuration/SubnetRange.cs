using System.Net;

namespace Overlay.Core.Configuration;

/// <summary>The subnets of one family that nodes may lease (SubnetLen, SubnetMin and SubnetMax of flannel-facts 1.C).</summary>
/// <param name="PrefixLength">The length of each subnet, in bits.</param>
/// <param name="First">The base address of the first subnet, aligned to <paramref name="PrefixLength"/>.</param>
/// <param name="Last">The base address of the last subnet, included and aligned.</param>
public sealed record SubnetRange(int PrefixLength, IPAddress First, IPAddress Last);
