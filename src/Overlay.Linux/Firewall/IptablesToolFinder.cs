using Overlay.Core.Addressing;

namespace Overlay.Linux.Firewall;

/// <summary>Finds the iptables commands of both variants and families.</summary>
internal static class IptablesToolFinder
{
    // The plain name first; then by variant, which older packages do not have.
    private static readonly (string Name, AddressFamilies Family)[] _commands =
    [
        ("iptables", AddressFamilies.IPv4), ("iptables-nft", AddressFamilies.IPv4), ("iptables-legacy", AddressFamilies.IPv4),
        ("ip6tables", AddressFamilies.IPv6), ("ip6tables-nft", AddressFamilies.IPv6), ("ip6tables-legacy", AddressFamilies.IPv6),
    ];

    /// <summary>What this system has. The first one is of the variant that the plain command <c>iptables</c> stands for.</summary>
    public static async Task<IReadOnlyList<IptablesTools>> FindAsync(Toolbox toolbox, CancellationToken cancellationToken)
    {
        var found = new List<IptablesTools>();
        foreach (var tools in await Task.WhenAll(_commands.Select(command => ProbeAsync(toolbox, command.Name, command.Family, cancellationToken))))
        {
            if (tools is not null && !found.Any(other => other.Family == tools.Family && other.Variant == tools.Variant))
            {
                found.Add(tools);
            }
        }

        return found;
    }

    private static async Task<IptablesTools?> ProbeAsync(Toolbox toolbox, string command, AddressFamilies family, CancellationToken cancellationToken)
    {
        if (toolbox.Find(command) is not { } path
            || toolbox.Find($"{command}-save") is not { } save
            || toolbox.Find($"{command}-restore") is not { } restore)
        {
            return null;
        }

        var answer = await toolbox.RunAsync(path, ["--version"], "", cancellationToken);
        return answer.Succeeded && IptablesTools.TryParseVersion(answer.Output, out var version, out var variant)
            ? new(variant, family, save, restore, version)
            : null;
    }
}
