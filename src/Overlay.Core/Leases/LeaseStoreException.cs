using Overlay.Core.Diagnostics;

namespace Overlay.Core.Leases;

/// <summary>The lease store did not answer or refused. The message says what was tried and what would help.</summary>
public sealed class LeaseStoreException : OverlayException
{
    /// <summary>Says nothing; for serializers.</summary>
    public LeaseStoreException()
    {
    }

    /// <summary>Says what was refused.</summary>
    public LeaseStoreException(string message)
        : base(message)
    {
    }

    /// <summary>Says what was refused and what caused it.</summary>
    public LeaseStoreException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Whether trying again may help without anybody doing anything: a store that is busy or away, not one that is damaged or forbidden.</summary>
    public bool IsTransient { get; init; }
}
