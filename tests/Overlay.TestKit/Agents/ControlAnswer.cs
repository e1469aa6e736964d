namespace Overlay.TestKit.Agents;

/// <summary>An answer of the control socket.</summary>
/// <param name="IsSuccess">Whether the HTTP status is 2xx.</param>
/// <param name="Body">The text.</param>
public sealed record ControlAnswer(bool IsSuccess, string Body);
