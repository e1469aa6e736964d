using System.Net.Sockets;

namespace Overlay.WireGuard.Control.Uapi;

/// <summary>Finds out whether a device answers.</summary>
public static class UapiProbe
{
    private static ReadOnlySpan<byte> Success => "errno=0\n\n"u8;

    /// <summary>Asks for a change of nothing, whose answer has no secret in it, and waits for the answer. A device that has not begun to take connections is
    /// waited for; <see langword="false"/> when it ends first.</summary>
    public static async Task<bool> AnswersAsync(string path, CancellationToken cancellationToken)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
            await socket.SendAsync("set=1\n\n"u8.ToArray(), cancellationToken);
            var answer = new byte[Success.Length];
            var length = 0;
            while (length < answer.Length && await socket.ReceiveAsync(answer.AsMemory(length), cancellationToken) is var count and > 0)
            {
                length += count;
            }

            return answer.AsSpan(0, length).SequenceEqual(Success);
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
