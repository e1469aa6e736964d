using System.Globalization;

namespace Overlay.Linux.Firewall;

/// <summary>Reads what <c>nft -a list table</c> prints.</summary>
internal static class NftablesListing
{
    private const string Handle = "# handle ";

    /// <summary>Whether the listed table has exactly the wanted chains with as many rules, in the order they were written, and nothing
    /// that puts them out of force. The texts are not compared: each version of the tool prints them in its own way.</summary>
    public static bool HasShape(string listing, IReadOnlyDictionary<string, int> wanted)
    {
        var chains = new Dictionary<string, int>();
        var (chain, previous) = ("", 0L);
        foreach (var raw in listing.AsSpan().EnumerateLines())
        {
            var line = raw.Trim();
            if (line.StartsWith("flags ", StringComparison.Ordinal) || line.Contains("policy drop", StringComparison.Ordinal))
            {
                return false;
            }

            if (!TryReadHandle(line, out var handle) || line.StartsWith("table ", StringComparison.Ordinal))
            {
                continue;
            }

            if (line.Contains(" { # handle", StringComparison.Ordinal))
            {
                // "chain postrtg { # handle 1"; also a set or a map, which are no chains of ours.
                var words = line[..line.IndexOf('{')].Trim().ToString();
                chain = words.StartsWith("chain ", StringComparison.Ordinal) ? words["chain ".Length..] : words;
                (chains[chain], previous) = (0, 0);
            }
            else if (handle > previous && chains.TryGetValue(chain, out var rules))
            {
                (chains[chain], previous) = (rules + 1, handle);
            }
            else
            {
                return false;
            }
        }

        return chains.Count == wanted.Count && wanted.All(entry => chains.TryGetValue(entry.Key, out var count) && count == entry.Value);
    }

    private static bool TryReadHandle(ReadOnlySpan<char> line, out long handle)
    {
        handle = 0;
        var start = line.LastIndexOf(Handle, StringComparison.Ordinal);
        return start >= 0 && long.TryParse(line[(start + Handle.Length)..], NumberStyles.None, CultureInfo.InvariantCulture, out handle);
    }
}
