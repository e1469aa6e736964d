using System.Buffers.Binary;
using System.Globalization;
using System.Net.Sockets;

namespace Overlay.Agent.Control;

/// <summary>Who may use the control socket: root and the agent's own user. The file's mode says the same, but only from shortly after the socket is
/// bound.</summary>
internal static class ControlAccess
{
    // SOL_SOCKET, SO_PEERCRED and struct ucred { pid, uid, gid } of socket(7) and unix(7).
    private const int SocketLevel = 1;
    private const int PeerCredentials = 17;

    private static readonly int? _ownUser = ReadOwnUser();

    public static bool IsAllowed(Socket connection)
    {
        Span<byte> credentials = stackalloc byte[12];
        var length = connection.GetRawSocketOption(SocketLevel, PeerCredentials, credentials);
        return length == credentials.Length && ReadInt32(credentials[4..]) is var user && (user == 0 || user == _ownUser);
    }

    private static int ReadInt32(ReadOnlySpan<byte> bytes) =>
        BitConverter.IsLittleEndian ? BinaryPrimitives.ReadInt32LittleEndian(bytes) : BinaryPrimitives.ReadInt32BigEndian(bytes);

    private static int? ReadOwnUser()
    {
        // "Uid:" real, effective, saved, file system (proc(5)).
        var line = File.Exists("/proc/self/status") ? File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith("Uid:", StringComparison.Ordinal)) : null;
        return int.TryParse(line?.Split('\t') is { Length: > 2 } fields ? fields[2] : null, NumberStyles.None, CultureInfo.InvariantCulture, out var user) ? user : null;
    }
}
