using Overlay.Core.Addressing;

namespace Overlay.Core.Backends;

/// <summary>What workloads may send.</summary>
/// <param name="subnets">The subnets that their addresses are in.</param>
/// <param name="mtu">The largest packet, in bytes.</param>
/// <param name="former">What it was before; <see langword="null"/> if nobody knows.</param>
public sealed class WorkloadMtu(SubnetPair subnets, int mtu, int? former)
{
    /// <summary>The subnets that the workloads' addresses are in.</summary>
    public SubnetPair Subnets { get; } = subnets;

    /// <summary>The largest packet that a workload may send, in bytes.</summary>
    public int Mtu { get; } = mtu;

    /// <summary>What it was before; <see langword="null"/> if nobody knows.</summary>
    public int? Former { get; } = former;

    /// <summary>What becomes of an MTU that was found; <see langword="null"/> if it stays. What is larger than allowed is lowered, what was as large as allowed
    /// grows with it, what somebody chose smaller stays: the rule of the kernel for IPv6 routes (<c>rt6_mtu_change_route</c> of net/ipv6/route.c).</summary>
    public int? Correct(int found) => found > Mtu || (found == Former && found < Mtu) ? Mtu : null;
}
