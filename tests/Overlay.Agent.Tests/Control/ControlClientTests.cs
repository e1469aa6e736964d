using System.Net.Sockets;
using System.Text;
using Overlay.Agent.Control;
using Overlay.Core.Diagnostics;
using Xunit;

namespace Overlay.Agent.Tests.Control;

public sealed class ControlClientTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ovagent");

    private string SocketPath => Path.Combine(_folder.FullName, "s");

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "hi", null)]
    [InlineData("HTTP/1.1 500 No\r\n\r\nthe reason\n", null, "the reason")]
    [InlineData("HTTP/1.1 404 Not Found\r\n\r\n", null, "The agent refused with status 404.")]
    [InlineData("", null, "The agent has ended before it answered.")]
    [InlineData("nonsense", null, "The agent has ended before it answered.")]
    public async Task SendAsync_Answer_IsBodyOrReason(string answer, string? body, string? reason)
    {
        using var server = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        server.Bind(new UnixDomainSocketEndPoint(SocketPath));
        server.Listen();
        var serving = AnswerAsync(server, answer);
        var asking = new ControlClient(SocketPath).SendAsync("GET", "/status", TestContext.Current.CancellationToken);

        if (reason is null)
        {
            Assert.Equal(body, await asking);
        }
        else
        {
            Assert.Equal(reason, (await Assert.ThrowsAsync<OverlayException>(() => asking)).Message);
        }

        Assert.StartsWith("GET /status HTTP/1.0\r\n", await serving, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SendAsync_NobodyListens_NamesTheSocket()
    {
        var failure = await Assert.ThrowsAsync<OverlayException>(() => new ControlClient(SocketPath).SendAsync("GET", "/", TestContext.Current.CancellationToken));

        Assert.StartsWith($"No overlayd answers on {SocketPath} (there is no such socket).", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Prepare_StaleSocket_IsRemovedAndALivingOneIsNot()
    {
        var path = Path.Combine(_folder.FullName, "new", "s");
        var file = new ControlSocketFile(path);
        file.Prepare();
        using (var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            dead.Bind(new UnixDomainSocketEndPoint(path));
            new ControlSocketFile(path).Prepare();
            Assert.False(File.Exists(path));
        }

        using var living = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        living.Bind(new UnixDomainSocketEndPoint(path));
        living.Listen();
        Assert.Contains("already listens", Assert.Throws<OverlayException>(new ControlSocketFile(path).Prepare).Message, StringComparison.Ordinal);

        file.Remove();
        Assert.False(Directory.Exists(Path.GetDirectoryName(path)));
    }

    [Fact]
    public void Prepare_PathTooLong_SaysSo() =>
        Assert.Contains("at most 107 bytes", Assert.Throws<OverlayException>(new ControlSocketFile("/" + new string('x', 120)).Prepare).Message, StringComparison.OrdinalIgnoreCase);

    public void Dispose() => _folder.Delete(recursive: true);

    private static async Task<string> AnswerAsync(Socket server, string answer)
    {
        using var connection = await server.AcceptAsync();
        var buffer = new byte[1024];
        var length = await connection.ReceiveAsync(buffer);
        await connection.SendAsync(Encoding.ASCII.GetBytes(answer));
        return Encoding.ASCII.GetString(buffer, 0, length);
    }
}
