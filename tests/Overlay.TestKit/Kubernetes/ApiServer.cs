using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Overlay.TestKit.Kubernetes;

/// <summary>A double of kube-apiserver for nodes, pods and Events: what it answers has the form of the real one's answers. It can be stopped and started
/// again on the same port, over the same state.</summary>
public sealed class ApiServer : IAsyncDisposable
{
    private readonly ApiServerOptions _options;
    private readonly int _port;
    private WebApplication? _app;

    private ApiServer(ClusterState state, ApiServerOptions options)
    {
        (State, _options) = (state, options);
        using var probe = Bind(new IPEndPoint(options.Address, 0));
        _port = ((IPEndPoint)probe.LocalEndPoint!).Port;
    }

    /// <summary>What is in the cluster.</summary>
    public ClusterState State { get; }

    /// <summary>The server's URL.</summary>
    public string Url => string.Create(CultureInfo.InvariantCulture, $"{(_options.Certificates is null ? "http" : "https")}://{_options.Address}:{_port}");

    /// <summary>The tokens that are accepted; none means that everybody is.</summary>
    public ConcurrentDictionary<string, string> Tokens { get; } = [];

    /// <summary>What is allowed, as <c>verb resource</c>; empty means everything. <c>get nodes</c>, <c>patch nodes/status</c>.</summary>
    public HashSet<string> Rules { get; } = [];

    /// <summary>Every request, as <c>METHOD /path?query</c>, in the order of arrival.</summary>
    public ConcurrentQueue<string> Requests { get; } = [];

    /// <summary>Called before a patch is applied: the moment in which somebody else may write.</summary>
    public Action<string>? BeforePatch { get; set; }

    /// <summary>Answers a request instead of the server, if it gives a status.</summary>
    public Func<HttpRequest, int>? Fail { get; set; }

    /// <summary>How many watches are open.</summary>
    public int Watches => Pages.OpenWatches;

    /// <summary>How many bookmarks were written since the last start.</summary>
    public int BookmarksSent => Pages.BookmarksSent;

    internal ApiPages Pages { get; private set; } = null!;

    /// <summary>Starts a server.</summary>
    public static async Task<ApiServer> StartAsync(ApiServerOptions? options = null, ClusterState? state = null)
    {
        var server = new ApiServer(state ?? new ClusterState(), options ?? new ApiServerOptions());
        await server.StartAsync();
        return server;
    }

    /// <summary>Listens again after <see cref="StopAsync"/>.</summary>
    public async Task StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(Listen);
        builder.WebHost.UseSockets(sockets => sockets.CreateBoundListenSocket = Bind);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.Zero);
        Pages = new ApiPages(this);
        _app = builder.Build();
        _app.Run(Pages.AnswerAsync);
        await _app.StartAsync();
    }

    /// <summary>Ends all connections and listens no more, as a server that was killed.</summary>
    public async Task StopAsync()
    {
        if (_app is { } app)
        {
            _app = null;
            Pages.EndWatches();
            await app.StopAsync();
            await app.DisposeAsync();
            Pages.Dispose();
        }
    }

    /// <summary>Ends all watches as their time-out does.</summary>
    public void EndWatches() => Pages.EndWatches();

    /// <summary>Sends a bookmark on all watches that want some.</summary>
    public void SendBookmarks() => Pages.SendBookmarks();

    /// <summary>Writes a kubeconfig.</summary>
    /// <param name="path">The file.</param>
    /// <param name="user">The user's lines, such as <c>token: secret</c>.</param>
    public void WriteKubeconfig(string path, string user = "token: anybody")
    {
        var authority = _options.Certificates is { } certificates ? $"\n    certificate-authority: {certificates.Authority}" : "";
        File.WriteAllText(path, $$"""
            apiVersion: v1
            kind: Config
            current-context: test
            contexts:
            - name: test
              context:
                cluster: test
                user: node
            clusters:
            - name: test
              cluster:
                server: {{Url}}{{authority}}
            users:
            - name: node
              user: { {{user}} }

            """);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await StopAsync();

    private void Listen(KestrelServerOptions kestrel)
    {
        kestrel.Listen(new IPEndPoint(_options.Address, _port), listen =>
        {
            if (_options.Certificates is { } certificates)
            {
                listen.Protocols = HttpProtocols.Http1AndHttp2;
                listen.UseHttps(new HttpsConnectionAdapterOptions
                {
                    ServerCertificateSelector = (_, _) => X509Certificate2.CreateFromPemFile(certificates.Server, certificates.ServerKey),
                });
            }
        });
    }

    // A socket belongs to the namespace that it was made in.
    private Socket Bind(EndPoint address)
    {
        var socket = _options.Namespace is { } place ? place.Run(Create) : Create();
        socket.Bind(address);
        return socket;

        Socket Create()
        {
            var made = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            made.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            return made;
        }
    }
}
