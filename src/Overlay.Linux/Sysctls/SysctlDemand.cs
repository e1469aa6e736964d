using Overlay.Core.Addressing;

namespace Overlay.Linux.Sysctls;

/// <summary>What a network needs of the kernel's settings.</summary>
/// <param name="Families">The network's families.</param>
/// <param name="Underlay">The interface between nodes.</param>
/// <param name="Devices">The devices that the network makes; those that do not exist yet get their settings when they come.</param>
internal sealed record SysctlDemand(AddressFamilies Families, string Underlay, IReadOnlyList<string> Devices);
