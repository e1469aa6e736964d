using Overlay.Linux.Kernel;
using Overlay.WireGuard.Control;
using Overlay.WireGuard.Protocol.Keys;

namespace Overlay.WireGuard.Backend;

/// <summary>What is chosen once, when the network is opened, and stays through every change of the underlay.</summary>
/// <param name="PublicKey">The node's key.</param>
/// <param name="Kind">Who carries the packets.</param>
/// <param name="Holder">Makes the devices that this process carries.</param>
internal sealed record WireGuardIdentity(PublicKey PublicKey, WireGuardDeviceKind Kind, ILinkHolder Holder);
