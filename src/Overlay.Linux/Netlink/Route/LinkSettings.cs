using System.Runtime.InteropServices;
using Overlay.Core.Addressing;

namespace Overlay.Linux.Netlink.Route;

/// <summary>What a new link is to be like, or what of a link is to change. What is not set is left to the kernel, or as it is.</summary>
public readonly record struct LinkSettings
{
    /// <summary>The name, at most 15 bytes. In a change it renames the link.</summary>
    public string? Name { get; init; }

    /// <summary>Whether the link is up.</summary>
    public bool? IsUp { get; init; }

    /// <summary>Whether the link takes in packets for other Ethernet addresses too.</summary>
    public bool? IsPromiscuous { get; init; }

    /// <summary>The Ethernet address.</summary>
    public MacAddress? Mac { get; init; }

    /// <summary>The largest packet, in bytes.</summary>
    public int? Mtu { get; init; }

    /// <summary>The index of the bridge that the link becomes a port of; 0 takes it out.</summary>
    public int? Master { get; init; }

    /// <summary>How many packets may wait to be sent.</summary>
    public int? TransmitQueueLength { get; init; }

    /// <summary>The longest packet that the link is given to be cut into segments (gso_max_size), in bytes with its headers.</summary>
    public int? LongestSuperPacket { get; init; }

    /// <summary>A description, at most 255 bytes; the empty text removes it.</summary>
    public string? Alias { get; init; }

    /// <summary>A descriptor of the network namespace that the link is made in or moves to, open until the request is sent (see <see cref="Namespaces.NetworkNamespace"/> for what a
    /// move takes away).</summary>
    public SafeHandle? Namespace { get; init; }

    /// <summary>A process in the network namespace that the link is made in or moves to.</summary>
    public int? NamespaceOfProcess { get; init; }

    /// <summary>Refuses a closed descriptor, before a message has begun: its number may be another file's by now.</summary>
    internal void Validate()
    {
        if (Namespace is { } handle)
        {
            ObjectDisposedException.ThrowIf(handle.IsClosed, handle);
        }
    }
}
