using Overlay.Core.Addressing;

namespace Overlay.Linux.Firewall;

/// <summary>Finds the iptables commands of both variants and families.</summary>
internal static class IptablesToolFinder
{
    /// <summary>What this system has. The first one is of the variant that the plain command <c>iptables</c> stands for.</summary>
    public static async Task<IReadOnlyList<IptablesTools>> FindAsync(Toolbox toolbox, CancellationToken cancellationToken)
    {
        var found = new List<IptablesTools>();
        foreach (var (family, name) in new[] { (AddressFamilies.IPv4, "iptables"), (AddressFamilies.IPv6, "ip6tables") })
        {
            // The plain name first; then by variant, which older packages do not have.
            foreach (var command in new[] { name, $"{name}-nft", $"{name}-legacy" })
            {
                if (await ProbeAsync(toolbox, command, family, cancellationToken) is { } tools
                    && !found.Any(other => other.Family == family && other.Variant == tools.Variant))
                {
                    found.Add(tools);
                }
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
