namespace Overlay.Cni.Conformance;

/// <summary>A plugin does not do what the specification demands.</summary>
public sealed class UnmetException : Exception
{
    public UnmetException(string message)
        : base(message)
    {
    }

    public UnmetException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    public UnmetException()
    {
    }
}
