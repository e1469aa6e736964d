namespace Overlay.Linux.Netlink.Generic;

/// <summary>A part of the kernel that is spoken to by name: its number is dealt out when it is loaded.</summary>
/// <param name="Name">The name, such as <c>wireguard</c>.</param>
/// <param name="Id">The number, which stands where other protocols have a message's type.</param>
/// <param name="Version">The version of its commands.</param>
public readonly record struct GenericFamily(string Name, ushort Id, byte Version);
