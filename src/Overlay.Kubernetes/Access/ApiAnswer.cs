using System.Buffers;
using System.Text.Json;

namespace Overlay.Kubernetes.Access;

/// <summary>Reads answers of the API server, bounded in size.</summary>
internal static class ApiAnswer
{
    // Larger than any object: etcd refuses more than 1.5 MiB, and JSON may escape what protobuf stores plain.
    private const int LargestObject = 8 << 20;
    private const int LargestStatus = 64 << 10;

    /// <summary>The whole of a successful answer.</summary>
    public static async Task<byte[]> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken) =>
        await ReadAsync(response, LargestObject, cancellationToken)
            ?? throw new KubernetesException($"{Describe(response)}: the answer is longer than {LargestObject} bytes.");

    /// <summary>What a refusal says: the message of its Status object, if it has one.</summary>
    public static async Task<KubernetesException> ReadRefusalAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var body = await ReadAsync(response, LargestStatus, cancellationToken) ?? [];
        var code = (int)response.StatusCode;
        return new KubernetesException($"{Describe(response)}: {code} {ReadMessage(body) ?? response.ReasonPhrase}")
        {
            StatusCode = code,
            RetryAfter = response.Headers.RetryAfter?.Delta,
        };
    }

    /// <summary>The message of a Status object; <see langword="null"/> when the bytes are none.</summary>
    public static string? ReadMessage(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("message", out var message)
                && message.ValueKind == JsonValueKind.String
                ? message.GetString()
                : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static string Describe(HttpResponseMessage response) => $"{response.RequestMessage!.Method} {response.RequestMessage.RequestUri!.AbsolutePath}";

    private static async Task<byte[]?> ReadAsync(HttpResponseMessage response, int limit, CancellationToken cancellationToken)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var content = new ArrayBufferWriter<byte>(16 << 10);
        while (await stream.ReadAsync(content.GetMemory(4 << 10), cancellationToken) is > 0 and var read)
        {
            content.Advance(read);
            if (content.WrittenCount > limit)
            {
                return null;
            }
        }

        return content.WrittenSpan.ToArray();
    }
}
