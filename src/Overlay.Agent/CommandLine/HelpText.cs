using System.Text;

namespace Overlay.Agent.CommandLine;

/// <summary>The text of <c>--help</c>, made of the flag table.</summary>
internal static class HelpText
{
    public static string Write()
    {
        var text = new StringBuilder("overlayd: joins this node to an overlay network.\n\nUsage: overlayd [COMMAND] [FLAG]...\n\nCommands\n");
        foreach (var command in AgentCommand.All)
        {
            var words = command.Name.Length == 0 ? "(none)" : string.Join(' ', command.Arguments.Prepend(command.Name));
            text.Append($"  {words}\n        {command.Help}\n");
        }

        foreach (var group in FlagTable.Groups)
        {
            text.Append($"\n{group.Title}\n");
            foreach (var flag in group.Flags)
            {
                text.Append($"  --{flag.Name}{(flag.IsSwitch ? "" : " " + flag.Placeholder)}\n        {flag.Help}{Default(flag)}{(flag.IsRepeatable ? " Repeatable." : "")}\n");
            }
        }

        return text.Append("""

            Each flag is also an environment variable: --ip-masq is OVERLAYD_IP_MASQ, or FLANNELD_IP_MASQ as in flannel. The command line wins over
            OVERLAYD_*, which wins over FLANNELD_*. Flags are written as -flag=value, --flag=value, --flag value; a switch needs no value.
            WIREGUARD_KEY_FILE names the file of the node's WireGuard key; without it, it is wgkey in --state-dir.

            Exit status: 0 success, 1 failure, 2 a mistake in flags or configuration.

            """).ToString();
    }

    private static string Default(Flag flag) => flag.Default.Length == 0 || (flag.IsSwitch && flag.Default == "false") ? "" : $" Default: {flag.Default}.";
}
