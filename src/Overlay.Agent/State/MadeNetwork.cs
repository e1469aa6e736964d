using Overlay.Core.Addressing;
using Overlay.Linux.Kernel;

namespace Overlay.Agent.State;

/// <summary>A <see cref="ScopeClaim"/> in a file.</summary>
internal sealed record MadeNetwork(string Name, IReadOnlyList<string> Devices, IReadOnlyList<string> Prefixes)
{
    public static MadeNetwork From(ScopeClaim claim) => new(claim.Name, claim.Devices, [.. claim.Network.Select(prefix => prefix.ToString())]);

    public ScopeClaim ToClaim() => new(Name, Devices, [.. Prefixes.Select(InetPrefix.Parse)]);

    /// <summary>Whether the two are the same claim.</summary>
    public bool IsSame(MadeNetwork other) => Name == other.Name && Devices.SequenceEqual(other.Devices) && Prefixes.SequenceEqual(other.Prefixes);
}
