using System.Text.Json;

namespace Overlay.Kubernetes.Access;

/// <summary>Gives failures in the middle of a long answer the shape of all others.</summary>
internal static class ApiStream
{
    /// <summary>Reads an answer.</summary>
    /// <param name="what">What is read, as the beginning of a sentence.</param>
    /// <param name="read">Reads it.</param>
    /// <param name="cancellationToken">The caller's own; another token that ends the reading is a time-out.</param>
    /// <exception cref="KubernetesException">The connection broke, the time was over, or the bytes are no JSON.</exception>
    public static async Task<T> GuardAsync<T>(string what, Func<Task<T>> read, CancellationToken cancellationToken)
    {
        try
        {
            return await read();
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw new KubernetesException($"{what} broke off: {exception.Message}", exception);
        }
        catch (JsonException exception)
        {
            throw new KubernetesException($"{what} cannot be read: {exception.Message}", exception);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new KubernetesException($"{what} took too long.", exception);
        }
    }
}
