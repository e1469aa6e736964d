namespace Overlay.WireGuard.Device.DataPath;

/// <summary>What a packet says about the header of the datagram around it.</summary>
/// <param name="TrafficClass">DSCP and ECN.</param>
/// <param name="HopLimit">Zero for the system's default.</param>
internal readonly record struct OuterHeader(byte TrafficClass, byte HopLimit);
