using System.Net.Sockets;

namespace Overlay.Cni.Conformance.Subjects;

/// <summary>A control socket on which somebody answers that all is well, as a running agent does.</summary>
internal sealed class ListeningAgent : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    public ListeningAgent(string path)
    {
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen();
        _ = AnswerAsync();
    }

    public void Dispose() => _listener.Dispose();

    private async Task AnswerAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptAsync();
                await client.ReceiveAsync(new byte[4096]);
                await client.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n"u8.ToArray());
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The trial is over.
        }
    }
}
