namespace Overlay.WireGuard.Control.Uapi;

/// <summary>What a line of the client asks to be done. A closed set.</summary>
internal abstract record UapiStep
{
    private UapiStep()
    {
    }

    /// <summary>The command is not complete.</summary>
    public sealed record Wait : UapiStep
    {
        public static Wait More { get; } = new();
    }

    /// <summary>The client wants to be told everything.</summary>
    public sealed record Get : UapiStep
    {
        public static Get Everything { get; } = new();
    }

    /// <summary>The client wants something changed. Whoever carries it out disposes of <paramref name="Reader"/>.</summary>
    public sealed record Set(UapiSetReader Reader) : UapiStep;

    /// <summary>The command is to be refused. After some mistakes nobody knows where the next one begins.</summary>
    public sealed record Refuse(UapiRefusal Refusal, bool IsEnd = false) : UapiStep;
}
