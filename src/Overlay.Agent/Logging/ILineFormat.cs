namespace Overlay.Agent.Logging;

/// <summary>How an event becomes a line.</summary>
internal interface ILineFormat
{
    /// <summary>The line in UTF-8, its end included.</summary>
    byte[] Format(in LogLine line);
}
