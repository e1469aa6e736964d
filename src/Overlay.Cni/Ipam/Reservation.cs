using Overlay.Cni.Protocol;
using Overlay.Core.Addressing;

namespace Overlay.Cni.Ipam;

/// <summary>Addresses that belong to an attachment.</summary>
/// <param name="Network">The name of the network.</param>
/// <param name="Key">The attachment.</param>
/// <param name="Addresses">The addresses; at most one of each family.</param>
/// <param name="IsComplete">Whether its ADD came to its end. If not, the plugin is at work, or was killed.</param>
internal sealed record Reservation(string Network, AttachmentKey Key, IReadOnlyList<InetAddress> Addresses, bool IsComplete);
