using System.Globalization;
using System.Security.Cryptography;
using System.Text.Unicode;

using Overlay.Core.Addressing;

namespace Overlay.WireGuard.Control.Uapi;

/// <summary>Lines on their way to a client, sent in pieces of bounded size. Keys are among them: the room does not move and is wiped after each piece.</summary>
internal sealed class UapiOutput(Stream stream) : IDisposable
{
    private const int RoomSize = 32 * 1024;

    // More than the longest line, an endpoint with a zone, can have.
    private const int LineRoom = 256;

    private readonly byte[] _room = GC.AllocateArray<byte>(RoomSize, pinned: true);
    private int _length;

    /// <summary>Whether the room should be sent before the next lines; until then twenty lines fit in any case.</summary>
    public bool IsFull => _length > RoomSize - (20 * LineRoom);

    /// <summary>Adds a line.</summary>
    public void Line<T>(string key, T value)
        where T : IUtf8SpanFormattable
    {
        Utf8.TryWrite(_room.AsSpan(_length), CultureInfo.InvariantCulture, $"{key}={value}\n", out var written);
        _length += written;
    }

    /// <summary>Adds a line with a short text.</summary>
    public void TextLine(string key, string value)
    {
        Utf8.TryWrite(_room.AsSpan(_length), $"{key}={value}\n", out var written);
        _length += written;
    }

    /// <summary>Adds a line with a prefix.</summary>
    public void PrefixLine(string key, InetPrefix prefix)
    {
        Utf8.TryWrite(_room.AsSpan(_length), CultureInfo.InvariantCulture, $"{key}={prefix.Address.ToIPAddress()}/{prefix.Length}\n", out var written);
        _length += written;
    }

    /// <summary>Adds a line with a key in hexadecimal digits.</summary>
    public void KeyLine(string key, ReadOnlySpan<byte> bytes)
    {
        Utf8.TryWrite(_room.AsSpan(_length), $"{key}=", out var written);
        _length += written;
        Convert.TryToHexStringLower(bytes, _room.AsSpan(_length), out written);
        _length += written;
        EndLine();
    }

    /// <summary>Ends a line; also adds the empty one behind an answer.</summary>
    public void EndLine() => _room[_length++] = (byte)'\n';

    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        var length = _length;
        _length = 0;
        await stream.WriteAsync(_room.AsMemory(0, length), cancellationToken);
        CryptographicOperations.ZeroMemory(_room.AsSpan(0, length));
    }

    public void Dispose() => CryptographicOperations.ZeroMemory(_room);
}
