namespace Overlay.Cni.Protocol;

/// <summary>What names an attachment: a container may have several interfaces.</summary>
/// <param name="ContainerId">The runtime's name for the container.</param>
/// <param name="InterfaceName">The interface within it.</param>
internal readonly record struct AttachmentKey(string ContainerId, string InterfaceName);
