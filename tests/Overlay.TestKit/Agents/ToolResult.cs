namespace Overlay.TestKit.Agents;

/// <summary>How a child process ended.</summary>
/// <param name="Status">Its exit status.</param>
/// <param name="Output">What it wrote to standard output.</param>
/// <param name="Errors">What it wrote to standard error.</param>
public sealed record ToolResult(int Status, string Output, string Errors)
{
    /// <summary>Everything it wrote.</summary>
    public string Text => Output + Errors;

    /// <summary>The output of a run that has succeeded.</summary>
    /// <exception cref="InvalidOperationException">It has not; the message has what it wrote.</exception>
    public string OrThrow(string command) =>
        Status == 0 ? Output : throw new InvalidOperationException($"'{command}' ended with status {Status}: {Text.Trim()}");
}
