using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;

namespace Overlay.WireGuard.Control.Kernel;

/// <summary>The kernel's <c>sockaddr_in</c> and <c>sockaddr_in6</c> (linux/in.h, linux/in6.h): the port in network order, family and zone in the host's.</summary>
internal static class SocketAddress
{
    /// <summary>The larger of the two.</summary>
    public const int LargestSize = 28;

    public const ushort AF_INET = 2;
    public const ushort AF_INET6 = 10;

    private const int Size4 = 16;

    /// <summary>Writes an address and gives the part of <paramref name="room"/> that it takes.</summary>
    public static ReadOnlySpan<byte> Write(IPEndPoint endpoint, Span<byte> room)
    {
        var isIPv6 = endpoint.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6;
        room = room[..(isIPv6 ? LargestSize : Size4)];
        room.Clear();
        MemoryMarshal.Write(room, isIPv6 ? AF_INET6 : AF_INET);
        BinaryPrimitives.WriteUInt16BigEndian(room[Field.Port..], (ushort)endpoint.Port);
        endpoint.Address.TryWriteBytes(room[(isIPv6 ? Field.Address6 : Field.Address4)..], out _);
        if (isIPv6)
        {
            MemoryMarshal.Write(room[Field.Zone..], (uint)endpoint.Address.ScopeId);
        }

        return room;
    }

    /// <summary>Reads an address; <see langword="null"/> for another family.</summary>
    public static IPEndPoint? Read(ReadOnlySpan<byte> bytes) => (bytes.Length, MemoryMarshal.TryRead<ushort>(bytes, out var family) ? family : 0) switch
    {
        (Size4, AF_INET) => new IPEndPoint(new IPAddress(bytes.Slice(Field.Address4, 4)), Port(bytes)),
        (LargestSize, AF_INET6) => new IPEndPoint(new IPAddress(bytes.Slice(Field.Address6, 16), MemoryMarshal.Read<uint>(bytes[Field.Zone..])), Port(bytes)),
        _ => null,
    };

    private static ushort Port(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt16BigEndian(bytes[Field.Port..]);

    private static class Field
    {
        public const int Port = 2;
        public const int Address4 = 4;
        public const int Address6 = 8;
        public const int Zone = 24;
    }
}
