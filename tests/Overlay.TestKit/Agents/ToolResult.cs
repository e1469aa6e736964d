namespace Overlay.TestKit.Agents;

/// <summary>How a child process ended.</summary>
/// <param name="Status">Its exit status.</param>
/// <param name="Text">Everything that it wrote.</param>
public sealed record ToolResult(int Status, string Text);
