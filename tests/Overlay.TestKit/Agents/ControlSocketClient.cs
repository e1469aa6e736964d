using System.Net.Sockets;

namespace Overlay.TestKit.Agents;

/// <summary>HTTP over a unix socket.</summary>
internal static class ControlSocketClient
{
    /// <summary>Gets one page; <see langword="null"/> while nobody answers.</summary>
    public static ControlAnswer? TryGet(string socketPath, string page)
    {
        if (!File.Exists(socketPath))
        {
            return null;
        }

        using var client = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        });
        client.Timeout = TimeSpan.FromSeconds(5);
        try
        {
            using var answer = client.GetAsync(new Uri("http://overlayd" + page)).GetAwaiter().GetResult();
            return new ControlAnswer(answer.IsSuccessStatusCode, answer.Content.ReadAsStringAsync().GetAwaiter().GetResult());
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException)
        {
            return null;
        }
    }
}
