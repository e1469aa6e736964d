using Overlay.Core.Diagnostics;

namespace Overlay.Kubernetes;

/// <summary>The API server did not answer, or refused. The message has the request and the server's own words, and never a credential.</summary>
public sealed class KubernetesException : OverlayException
{
    /// <summary>Says nothing; for serializers.</summary>
    public KubernetesException()
    {
    }

    /// <summary>Says what went wrong.</summary>
    public KubernetesException(string message)
        : base(message)
    {
    }

    /// <summary>Says what went wrong and what caused it.</summary>
    public KubernetesException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>The HTTP status of the answer; 0 when there was none.</summary>
    public int StatusCode { get; init; }

    /// <summary>How long the server asks to be left alone; <see langword="null"/> when it does not say.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
