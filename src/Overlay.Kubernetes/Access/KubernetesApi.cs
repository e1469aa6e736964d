using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Overlay.Core.Diagnostics;

namespace Overlay.Kubernetes.Access;

/// <summary>The few requests that a lease manager needs. Every failure is a <see cref="KubernetesException"/>; nothing is tried twice here, except once
/// with fresh credentials when the old ones have been refused.</summary>
internal sealed partial class KubernetesApi(IOptions<KubernetesOptions> options, TimeProvider clock, ILogger<KubernetesApi> logger) : IDisposable
{
    private static readonly TimeSpan _longestCall = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private ApiConnection? _connection;

    /// <summary>Reads an object.</summary>
    public Task<byte[]> GetAsync(string path, CancellationToken cancellationToken) => CallAsync(HttpMethod.Get, path, null, null, cancellationToken);

    /// <summary>Creates an object.</summary>
    public Task<byte[]> PostAsync(string path, byte[] json, CancellationToken cancellationToken) =>
        CallAsync(HttpMethod.Post, path, json, "application/json", cancellationToken);

    /// <summary>Changes an object by a strategic merge patch, and gives it as it is then.</summary>
    public Task<byte[]> PatchAsync(string path, byte[] json, CancellationToken cancellationToken) =>
        CallAsync(HttpMethod.Patch, path, json, "application/strategic-merge-patch+json", cancellationToken);

    /// <summary>Opens an answer that is read piece by piece: a page of a list, or a watch. The caller bounds its time and disposes of it.</summary>
    public async Task<HttpResponseMessage> OpenAsync(string path, CancellationToken cancellationToken)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var timer = clock.CreateTimer(_ => waiting.Cancel(), null, _longestCall, Timeout.InfiniteTimeSpan);
        return await GuardAsync(HttpMethod.Get, path, () => SendAsync(HttpMethod.Get, path, null, null, waiting.Token), cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _connection?.Dispose();
        _gate.Dispose();
    }

    private async Task<byte[]> CallAsync(HttpMethod method, string path, byte[]? body, string? contentType, CancellationToken cancellationToken)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var timer = clock.CreateTimer(_ => waiting.Cancel(), null, _longestCall, Timeout.InfiniteTimeSpan);
        return await GuardAsync(
            method,
            path,
            async () =>
            {
                using var response = await SendAsync(method, path, body, contentType, waiting.Token);
                return await ApiAnswer.ReadAsync(response, waiting.Token);
            },
            cancellationToken);
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, byte[]? body, string? contentType, CancellationToken cancellationToken)
    {
        for (var isSecond = false; ; isSecond = true)
        {
            var connection = await ConnectAsync(cancellationToken);
            using var request = new HttpRequestMessage(method, new Uri(connection.Server, path));
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
            if (body is not null)
            {
                request.Content = new ByteArrayContent(body);
                request.Content.Headers.ContentType = new MediaTypeHeaderValue(contentType!);
            }

            var response = await SendAsync(connection, request, cancellationToken);
            if (response.IsSuccessStatusCode)
            {
                return response;
            }

            using (response)
            {
                var refusal = await ApiAnswer.ReadRefusalAsync(response, cancellationToken);
                if (response.StatusCode != HttpStatusCode.Unauthorized)
                {
                    throw refusal;
                }

                // The token was exchanged, or the certificate: what the files say now counts from the next request on.
                await ForgetAsync(connection, cancellationToken);
                if (isSecond)
                {
                    throw refusal;
                }

                Log.CredentialsRefused(logger);
            }
        }
    }

    private async Task<HttpResponseMessage> SendAsync(ApiConnection connection, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await connection.SendAsync(request, cancellationToken);
        }
        catch (HttpRequestException exception) when (exception.HttpRequestError == HttpRequestError.SecureConnectionError)
        {
            // The cluster's authority or our certificate may have been exchanged.
            await ForgetAsync(connection, cancellationToken);
            throw;
        }
    }

    private async Task<ApiConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            return _connection ??= ApiConnection.Open(await ClusterConfiguration.LoadAsync(options.Value, cancellationToken));
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>A watch that runs on the old connection goes on; the garbage collector ends it when nobody uses it any more.</summary>
    private async Task ForgetAsync(ApiConnection connection, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        if (_connection == connection)
        {
            _connection = null;
        }

        _gate.Release();
    }

    private static async Task<T> GuardAsync<T>(HttpMethod method, string path, Func<Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call();
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw new KubernetesException($"{method} {PathOnly(path)}: {exception.Message}{Cause(exception)}", exception);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new KubernetesException($"{method} {PathOnly(path)}: no answer within {_longestCall.TotalSeconds} s.", exception);
        }
    }

    private static string PathOnly(string path) => "/" + (path.IndexOf('?', StringComparison.Ordinal) is > 0 and var end ? path[..end] : path);

    private static string Cause(Exception exception) =>
        exception.InnerException is { } inner && !exception.Message.Contains(inner.Message, StringComparison.Ordinal) ? $" {inner.Message}" : "";

    private static partial class Log
    {
        [LoggerMessage(EventIds.Kubernetes + 1, LogLevel.Information, "The API server refuses the credentials; reading them anew")]
        public static partial void CredentialsRefused(ILogger logger);
    }
}
