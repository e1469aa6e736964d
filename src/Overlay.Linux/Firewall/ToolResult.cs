namespace Overlay.Linux.Firewall;

/// <summary>What a tool said.</summary>
internal sealed record ToolResult(string Tool, int Status, string Output, string Error)
{
    /// <summary>Whether the tool did what it was asked.</summary>
    public bool Succeeded => Status == 0;

    /// <summary>The output.</summary>
    /// <exception cref="FirewallException">The tool refused.</exception>
    public string Require(string task) => Succeeded ? Output : throw Refusal(task);

    /// <summary>The refusal in the tool's own words.</summary>
    public FirewallException Refusal(string task)
    {
        var words = string.Join("; ", Error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct().Take(6));
        var remedy = words.Contains("Operation not permitted", StringComparison.Ordinal) || words.Contains("Permission denied", StringComparison.Ordinal)
            ? " The agent needs CAP_NET_ADMIN (and CAP_NET_RAW for iptables) in its network namespace."
            : "";
        return new($"{Tool} refused to {task} (exit status {Status}): {(words.Length == 0 ? "no reason given" : words.TrimEnd('.'))}.{remedy}");
    }
}
