using Overlay.Core.Diagnostics;

namespace Overlay.Core.Leases;

/// <summary>A lease cannot be had or kept. The message says why and what would help.</summary>
public sealed class LeaseException : OverlayException
{
    /// <summary>Says nothing; for serializers.</summary>
    public LeaseException()
    {
    }

    /// <summary>Says why.</summary>
    public LeaseException(string message)
        : base(message)
    {
    }

    /// <summary>Says why and what caused it.</summary>
    public LeaseException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
