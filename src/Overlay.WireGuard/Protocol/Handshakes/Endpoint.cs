using System.Globalization;

using Overlay.Core.Addressing;

namespace Overlay.WireGuard.Protocol.Handshakes;

/// <summary>Where a peer is reached, and from where: the outer address and port, and the local address and interface that it last contacted.</summary>
internal readonly record struct Endpoint(InetAddress Address, ushort Port)
{
    /// <summary>The interface to which a link-local IPv6 address belongs.</summary>
    public uint ScopeId { get; init; }

    /// <summary>The address that the peer contacted, and therefore expects answers from; none when the kernel is to choose.</summary>
    public InetAddress LocalAddress { get; init; }

    /// <summary>The interface on which the peer came in; zero when the kernel is to choose.</summary>
    public int LocalInterface { get; init; }

    public bool HasSource => !LocalAddress.IsNone || LocalInterface != 0;

    /// <summary>The same peer, with the kernel to choose the source.</summary>
    public Endpoint WithoutSource() => new(Address, Port) { ScopeId = ScopeId };

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{(Address.IsIPv6 ? $"[{Address}{(ScopeId == 0 ? "" : $"%{ScopeId}")}]" : Address.ToString())}:{Port}");
}
