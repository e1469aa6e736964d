using System.Net.Sockets;
using System.Text;

using Overlay.WireGuard.Control.Uapi;

namespace Overlay.WireGuard.Tests.Control;

/// <summary>A device behind a socket in a folder of its own, and clients of it.</summary>
internal sealed class UapiTalk : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ovt-uapi");

    public UapiTalk(MemoryDevice? device = null)
    {
        Device = device ?? new MemoryDevice("wg0");
        Server = UapiServer.Start(Device, UapiSocket.Open("wg0", Folder));
    }

    public string Folder => Path.Combine(_folder.FullName, "wireguard");

    public string File => Path.Combine(Folder, "wg0.sock");

    public MemoryDevice Device { get; }

    public UapiServer Server { get; }

    public Client Connect()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(File));
        return new Client(socket);
    }

    /// <summary>One command on a connection of its own.</summary>
    public async Task<string> AskAsync(string command)
    {
        using var client = Connect();
        return await client.AskAsync(command);
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await Device.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    internal sealed class Client(Socket socket) : IDisposable
    {
        private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);
        private readonly NetworkStream _stream = new(socket, ownsSocket: true);

        public async Task SendAsync(string text) => await _stream.WriteAsync(Encoding.Latin1.GetBytes(text));

        public void EndSending() => socket.Shutdown(SocketShutdown.Send);

        /// <summary>Sends a command and reads the answer, up to the empty line.</summary>
        public async Task<string> AskAsync(string command)
        {
            await SendAsync(command);
            return await ReadAnswerAsync();
        }

        public async Task<string> ReadAnswerAsync()
        {
            using var late = new CancellationTokenSource(_patience);
            var answer = new StringBuilder();
            var buffer = new byte[64 * 1024];
            while (answer is not { Length: >= 2 } || answer[^1] != '\n' || answer[^2] != '\n')
            {
                var count = await _stream.ReadAsync(buffer, late.Token);
                if (count == 0)
                {
                    return answer.Append("(end)").ToString();
                }

                answer.Append(Encoding.Latin1.GetString(buffer, 0, count));
            }

            return answer.ToString();
        }

        public void Dispose() => _stream.Dispose();
    }
}
