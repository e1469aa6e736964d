using Overlay.Core.Addressing;

namespace Overlay.Linux.Firewall;

/// <summary>The save and restore commands of one variant and family.</summary>
/// <param name="Variant">What the commands work on.</param>
/// <param name="Family">Exactly one family.</param>
/// <param name="Save">Path of the save command.</param>
/// <param name="Restore">Path of the restore command.</param>
/// <param name="Version">Their version, which decides what they know.</param>
internal sealed record IptablesTools(IptablesVariant Variant, AddressFamilies Family, string Save, string Restore, Version Version)
{
    // Before 1.6.2 neither "--random-fully" nor "iptables-restore --wait" existed.
    private static readonly Version _first = new(1, 6, 2);

    /// <summary>The name by which a user knows them, such as <c>ip6tables-nft</c>.</summary>
    public string Command => Path.GetFileName(Restore).Replace("-restore", "", StringComparison.Ordinal);

    /// <summary>Whether masquerade can choose ports fully at random.</summary>
    public bool KnowsRandomFully => Version >= _first;

    /// <summary>Whether restore can wait for the lock.</summary>
    public bool KnowsWait => Version >= _first;

    /// <summary>The arguments of a restore that leaves the rules of others alone.</summary>
    public IReadOnlyList<string> RestoreArguments => KnowsWait ? ["--noflush", "--wait"] : ["--noflush"];

    /// <summary>Reads <c>iptables v1.8.9 (nf_tables)</c>. A version without a word in brackets is older than the second variant.</summary>
    public static bool TryParseVersion(string text, out Version version, out IptablesVariant variant)
    {
        variant = text.Contains("(nf_tables)", StringComparison.Ordinal) ? IptablesVariant.Nftables : IptablesVariant.Legacy;
        version = new Version();
        var start = text.IndexOf(" v", StringComparison.Ordinal);
        if (start < 0)
        {
            return false;
        }

        var end = start + 2;
        while (end < text.Length && (char.IsAsciiDigit(text[end]) || text[end] == '.'))
        {
            end++;
        }

        return System.Version.TryParse(text.AsSpan(start + 2, end - start - 2), out version!);
    }
}
