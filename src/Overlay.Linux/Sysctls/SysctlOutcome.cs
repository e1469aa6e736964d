namespace Overlay.Linux.Sysctls;

/// <summary>What remains wrong after everything that could be set was set.</summary>
/// <param name="Fault">Without which the network cannot work, in one sentence with the commands that help; <see langword="null"/> for none.</param>
/// <param name="Advice">Without which some paths cannot work, in the same form.</param>
internal sealed record SysctlOutcome(string? Fault, string? Advice)
{
    /// <summary>Describes the steps that could not be done, with the reason for each.</summary>
    public static SysctlOutcome Of(IReadOnlyList<(SysctlStep Step, string Why)> refused) =>
        new(Describe(refused.Where(refusal => refusal.Step.IsRequired)), Describe(refused.Where(refusal => !refusal.Step.IsRequired)));

    private static string? Describe(IEnumerable<(SysctlStep Step, string Why)> refused)
    {
        var list = refused.ToArray();
        if (list.Length == 0)
        {
            return null;
        }

        var settings = list.Select(refusal => refusal.Step.Found is { } found
            ? $"{refusal.Step.Name} is {found} and could not be set to {refusal.Step.Wanted} ({refusal.Why}): {refusal.Step.Reason}"
            : $"{refusal.Step.Name} does not exist ({refusal.Why}): {refusal.Step.Reason}");
        var commands = list.Where(refusal => refusal.Step.Found is not null).Select(refusal => refusal.Step.Command).ToArray();
        var remedy = commands.Length > 0 ? $"; run on this node: {string.Join(" && ", commands)}" : "; load the kernel's ipv6 module, or set EnableIPv6 to false";
        return string.Join("; ", settings) + remedy;
    }
}
