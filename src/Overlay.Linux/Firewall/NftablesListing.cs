using System.Globalization;

namespace Overlay.Linux.Firewall;

/// <summary>Reads what <c>nft -a list table</c> prints.</summary>
internal static class NftablesListing
{
    private const string Handle = "# handle ";

    /// <summary>Whether the listed table has exactly the wanted chains with as many rules, in the order they were written, and nothing
    /// that puts them out of force. The texts are not compared: each version of the tool prints them in its own way.</summary>
    public static bool HasShape(string listing, IReadOnlyDictionary<string, IReadOnlyList<string>> wanted) =>
        TryRead(listing) is { } chains
        && chains.Count == wanted.Count
        && wanted.All(chain => chains.TryGetValue(chain.Key, out var rules) && rules.Count == chain.Value.Count);

    /// <summary>Whether the texts are alike too, as far as is known how the tool prints them. An unknown way of printing gives
    /// <see langword="false"/>, so this is good enough for a plan only.</summary>
    public static bool HasRules(string listing, IReadOnlyDictionary<string, IReadOnlyList<string>> wanted) =>
        TryRead(listing) is { } chains
        && chains.Count == wanted.Count
        && wanted.All(chain => chains.TryGetValue(chain.Key, out var rules) && rules.Select(Normal).SequenceEqual(chain.Value.Select(Normal)));

    // The rules of each chain without their handles.
    private static Dictionary<string, List<string>>? TryRead(string listing)
    {
        var chains = new Dictionary<string, List<string>>();
        var (chain, previous) = ("", 0L);
        foreach (var raw in listing.AsSpan().EnumerateLines())
        {
            var line = raw.Trim();
            if (line.StartsWith("flags ", StringComparison.Ordinal) || line.Contains("policy drop", StringComparison.Ordinal))
            {
                return null;
            }

            var end = line.LastIndexOf(Handle, StringComparison.Ordinal);
            if (end < 0
                || !long.TryParse(line[(end + Handle.Length)..], NumberStyles.None, CultureInfo.InvariantCulture, out var handle)
                || line.StartsWith("table ", StringComparison.Ordinal))
            {
                continue;
            }

            var text = line[..end].Trim();
            if (text.EndsWith('{'))
            {
                // "chain postrtg {"; also a set or a map, which are no chains of ours.
                var words = text[..^1].Trim().ToString();
                chain = words.StartsWith("chain ", StringComparison.Ordinal) ? words["chain ".Length..] : words;
                (chains[chain], previous) = ([], 0);
            }
            else if (handle > previous && chains.TryGetValue(chain, out var rules))
            {
                rules.Add(text.ToString());
                previous = handle;
            }
            else
            {
                return null;
            }
        }

        return chains;
    }

    // "0x00004000" and "0x4000" are the same, and so are "10.0.0.1/32" and "10.0.0.1".
    private static string Normal(string rule) => string.Join(' ', rule.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word =>
        word.StartsWith("0x", StringComparison.Ordinal) ? "0x" + word[2..].TrimStart('0')
        : word.EndsWith("/32", StringComparison.Ordinal) && !word.Contains(':', StringComparison.Ordinal) ? word[..^3]
        : word.EndsWith("/128", StringComparison.Ordinal) ? word[..^4]
        : word));
}
