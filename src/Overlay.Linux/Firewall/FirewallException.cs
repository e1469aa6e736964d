using Overlay.Core.Diagnostics;

namespace Overlay.Linux.Firewall;

/// <summary>A firewall tool is missing, or refused, or did not finish. Nothing was changed.</summary>
public sealed class FirewallException : OverlayException
{
    /// <summary>Says nothing; for serializers.</summary>
    public FirewallException()
    {
    }

    /// <summary>Says what was refused.</summary>
    public FirewallException(string message)
        : base(message)
    {
    }

    /// <summary>Says what was refused and what caused it.</summary>
    public FirewallException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
