using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Overlay.Core.Diagnostics;

namespace Overlay.Agent.Control;

/// <summary>Asks the running agent. One request of HTTP/1.0 needs no more than this, and an HTTP client would make the program a fifth bigger.</summary>
internal sealed class ControlClient(string socketPath)
{
    /// <summary>Whether an agent listens.</summary>
    public bool IsRunning()
    {
        using var socket = TryConnect(out _);
        return socket is not null;
    }

    /// <summary>Sends one request and gives the body of the answer.</summary>
    /// <exception cref="OverlayException">No agent runs, or it has refused; the message is the agent's.</exception>
    public async Task<string> SendAsync(string method, string path, CancellationToken cancellationToken)
    {
        using var socket = TryConnect(out var reason)
            ?? throw new OverlayException($"No overlayd answers on {socketPath} ({reason}). Is it running? Another --control-socket asks another one.");
        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"{method} {path} HTTP/1.0\r\nHost: overlayd\r\nContent-Length: 0\r\n\r\n"), cancellationToken);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return ReadBody(await reader.ReadToEndAsync(cancellationToken));
    }

    private static string ReadBody(string answer)
    {
        var words = answer.Split(' ', 3);
        var end = answer.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0 || words.Length < 3 || !int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out var status))
        {
            throw new OverlayException("The agent has ended before it answered.");
        }

        var body = answer[(end + 4)..];
        return status < 300 ? body : throw new OverlayException(body.Length > 0 ? body.TrimEnd() : $"The agent refused with status {status}.");
    }

    private Socket? TryConnect(out string reason)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(socketPath));
            reason = "";
            return socket;
        }
        catch (Exception exception) when (exception is SocketException or ArgumentException)
        {
            reason = File.Exists(socketPath) ? exception.Message : "there is no such socket";
            socket.Dispose();
            return null;
        }
    }
}
