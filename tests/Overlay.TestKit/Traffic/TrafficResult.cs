namespace Overlay.TestKit.Traffic;

/// <summary>What became of the packets of a <see cref="TrafficProbe"/>.</summary>
/// <param name="Sent">How many were sent.</param>
/// <param name="Lost">How many did not arrive.</param>
/// <param name="Duplicated">How many arrivals were one too many.</param>
/// <param name="LongestOutage">The longest time, by the sender's clock, between a packet that arrived and the next one that arrived with a lost one between
/// them; zero without loss.</param>
public sealed record TrafficResult(int Sent, int Lost, int Duplicated, TimeSpan LongestOutage);
