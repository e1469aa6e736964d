namespace Overlay.Core.Diagnostics;

/// <summary>The base of what this library throws when the kernel, a store or the user's input refuses. A caller's own mistake is an
/// <see cref="ArgumentException"/> instead.</summary>
public class OverlayException : Exception
{
    /// <summary>Says nothing; for serializers.</summary>
    public OverlayException()
    {
    }

    /// <summary>Says what was refused, in one sentence that a user can act upon.</summary>
    public OverlayException(string message)
        : base(message)
    {
    }

    /// <summary>Says what was refused and what caused it.</summary>
    public OverlayException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
