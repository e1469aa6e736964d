using Overlay.Core.Addressing;

namespace Overlay.Linux.Firewall;

/// <summary>What stands in both variants and families.</summary>
/// <param name="Entries">One for each set of commands that this system has.</param>
internal sealed record IptablesSurvey(IReadOnlyList<IptablesSurvey.Entry> Entries)
{
    /// <summary>One that could not be read and may hold rules all the same. A kernel without nf_tables holds none.</summary>
    public Entry? Unreadable =>
        Entries.FirstOrDefault(entry => !entry.Saved.Succeeded && !entry.Saved.Error.Contains("initialize nft", StringComparison.Ordinal));

    /// <summary>Looks everywhere. The legacy commands are asked for what they already have only: to ask for a table by its name would
    /// load it into the kernel.</summary>
    public static async Task<IptablesSurvey> TakeAsync(Toolbox toolbox, CancellationToken cancellationToken)
    {
        var tools = await IptablesToolFinder.FindAsync(toolbox, cancellationToken);
        return new(await Task.WhenAll(tools.Select(tool => ReadAsync(toolbox, tool, cancellationToken))));
    }

    /// <summary>Reads what stands in one variant and family.</summary>
    public static async Task<Entry> ReadAsync(Toolbox toolbox, IptablesTools tools, CancellationToken cancellationToken)
    {
        var reader = new IptablesSaveReader();
        var saved = await toolbox.RunAsync(tools.Save, [], "", cancellationToken, line => reader.Take(line));
        return new(tools, saved, saved.Succeeded ? reader.State : IptablesState.Empty);
    }

    /// <summary>The variant that the host uses: the kubelet's if it shows one, else the one with more rules of others, else the one that
    /// the plain command stands for. This is what the well-known <c>iptables-wrapper</c> of Kubernetes does.</summary>
    public IptablesVariant ChooseVariant()
    {
        foreach (var variant in new[] { IptablesVariant.Nftables, IptablesVariant.Legacy })
        {
            if (Of(variant).Any(entry => entry.State.HasKubernetesHint))
            {
                return variant;
            }
        }

        var legacy = Of(IptablesVariant.Legacy).Sum(entry => entry.State.ForeignRules);
        var nftables = Of(IptablesVariant.Nftables).Sum(entry => entry.State.ForeignRules);
        return legacy > nftables ? IptablesVariant.Legacy
            : nftables > legacy || Entries.Count == 0 ? IptablesVariant.Nftables
            : Entries[0].Tools.Variant;
    }

    /// <summary>What was found in one variant and family; <see langword="null"/> when the commands are missing.</summary>
    public Entry? Find(IptablesVariant variant, AddressFamilies family) => Of(variant).FirstOrDefault(entry => entry.Tools.Family == family);

    /// <summary>Whether this system has the commands of a variant.</summary>
    public bool Knows(IptablesVariant variant) => Of(variant).Any();

    private IEnumerable<Entry> Of(IptablesVariant variant) => Entries.Where(entry => entry.Tools.Variant == variant);

    /// <summary>One variant and family.</summary>
    /// <param name="Tools">Its commands.</param>
    /// <param name="Saved">What the save command answered.</param>
    /// <param name="State">What that means; nothing if the command failed.</param>
    internal sealed record Entry(IptablesTools Tools, ToolResult Saved, IptablesState State);
}
