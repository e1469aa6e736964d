using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using k8s;
using k8s.Authentication;
using Overlay.Core.Leases;

namespace Overlay.Kubernetes.Access;

/// <summary>Connections to one API server with one set of credentials.</summary>
internal sealed class ApiConnection : IDisposable
{
    private readonly HttpClient _client;
    private readonly ServiceClientCredentials? _credentials;

    private ApiConnection(Uri server, SocketsHttpHandler handler, ServiceClientCredentials? credentials)
    {
        Server = server;
        _credentials = credentials;
        _client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        _client.DefaultRequestHeaders.UserAgent.ParseAdd("overlayd");
    }

    /// <summary>The server's URL, with a slash at its end.</summary>
    public Uri Server { get; }

    /// <summary>Prepares connections; the first request makes one.</summary>
    /// <exception cref="KubernetesException">The URL or a certificate cannot be used.</exception>
    public static ApiConnection Open(KubernetesClientConfiguration configuration)
    {
        if (!Uri.TryCreate(configuration.Host.TrimEnd('/') + "/", UriKind.Absolute, out var server) || server.Scheme is not ("http" or "https"))
        {
            throw new KubernetesException($"The API server's URL {configuration.Host} cannot be used: allowed is http://HOST:PORT or https://HOST:PORT.");
        }

        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            // With TLS; the connection itself is given up earlier.
            ConnectTimeout = TimeSpan.FromSeconds(10),
            ConnectCallback = StoreSocket.ConnectAsync,
            // A watch on a connection that died without a word would wait for ever; HTTP/2 asks whether the other end is there.
            KeepAlivePingDelay = TimeSpan.FromSeconds(10),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            UseCookies = false,
        };
        if (server.Scheme == Uri.UriSchemeHttps)
        {
            Secure(handler.SslOptions, configuration);
        }

        return new ApiConnection(server, handler, k8s.Kubernetes.CreateCredentials(configuration));
    }

    /// <summary>Sends a request with the credentials, and gives the answer when its head is there.</summary>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Version = HttpVersion.Version20;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionOrLower;
        if (_credentials is not null)
        {
            await _credentials.ProcessHttpRequestAsync(request, cancellationToken);
        }

        return await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private static void Secure(SslClientAuthenticationOptions tls, KubernetesClientConfiguration configuration)
    {
        tls.TargetHost = configuration.TlsServerName;
        if (configuration.SkipTlsVerify)
        {
#pragma warning disable CA5359 // The administrator wrote insecure-skip-tls-verify into the kubeconfig.
            tls.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        }
        else if (configuration.SslCaCerts is { Count: > 0 } authorities)
        {
            // The cluster's own authority, and no other: a public one could not be meant.
            tls.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            tls.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
        }

        if (ReadClientCertificate(configuration) is { } certificate)
        {
            tls.ClientCertificates = [certificate];
        }
    }

    private static X509Certificate2? ReadClientCertificate(KubernetesClientConfiguration configuration)
    {
        var certificate = ReadPem(configuration.ClientCertificateData, configuration.ClientCertificateFilePath);
        var key = ReadPem(configuration.ClientCertificateKeyData, configuration.ClientKeyFilePath);
        if (certificate is null || key is null)
        {
            return null;
        }

        try
        {
            return X509Certificate2.CreateFromPem(certificate, key);
        }
        catch (CryptographicException exception)
        {
            throw new KubernetesException($"The client certificate of the kubeconfig and its key cannot be used together: {exception.Message}", exception);
        }
    }

    private static string? ReadPem(string? base64, string? path)
    {
        try
        {
            return !string.IsNullOrEmpty(base64) ? Encoding.ASCII.GetString(Convert.FromBase64String(base64))
                : !string.IsNullOrEmpty(path) ? File.ReadAllText(path)
                : null;
        }
        catch (Exception exception) when (exception is FormatException or IOException or UnauthorizedAccessException)
        {
            throw new KubernetesException($"The client certificate of the kubeconfig cannot be read: {exception.Message}", exception);
        }
    }
}
