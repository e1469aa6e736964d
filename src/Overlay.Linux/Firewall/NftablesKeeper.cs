using Microsoft.Extensions.Logging;
using Overlay.Core.Addressing;
using Overlay.Core.Diagnostics;
using Overlay.Core.Firewall;

namespace Overlay.Linux.Firewall;

/// <summary>Keeps the rules in nftables tables of our own.</summary>
internal sealed partial class NftablesKeeper(Toolbox toolbox, ILogger logger) : IRuleKeeper
{
    private const string Tool = "nft";
    private static readonly AddressFamilies[] _families = [AddressFamilies.IPv4, AddressFamilies.IPv6];
    private FirewallRules? _rules;
    private bool _randomFully;
    private Dictionary<AddressFamilies, string> _listings = [];

    public bool IsAnnounced => true;

    public bool IsConcernedBy(RulesetChange change) => _listings.Keys.Any(family =>
        change.Families.HasFlag(family) && (change.Table is null || NftablesScript.Table(family).EndsWith($" {change.Table}", StringComparison.Ordinal)));

    public async Task ApplyAsync(FirewallRules rules, CancellationToken cancellationToken)
    {
        var standing = await StandingAsync(Require(), cancellationToken);
        _randomFully = await WriteAsync(rules, standing, rules.RandomFully, cancellationToken);
        if (rules.Masquerade && rules.RandomFully && !_randomFully)
        {
            Log.NotFullyRandom(logger);
        }

        _rules = rules;
    }

    public async Task<IReadOnlyList<string>> PlanAsync(FirewallRules rules, CancellationToken cancellationToken)
    {
        var wanted = FamilyRules.Of(rules);
        if (wanted.Count == 0 && toolbox.Find(Tool) is null)
        {
            return [];
        }

        var standing = await StandingAsync(Require(), cancellationToken);
        var listings = await ListAsync(_families.Where(family => standing.HasFlag(family)), cancellationToken);
        var plan = new List<string>();
        foreach (var family in _families)
        {
            var own = wanted.FirstOrDefault(candidate => candidate.Family == family);
            var verb = listings.TryGetValue(family, out var listing)
                ? own is null ? "remove" : NftablesListing.HasRules(listing, NftablesScript.Rules(own, rules, rules.RandomFully)) ? null : "replace"
                : own is null ? null : "add";
            if (verb is not null)
            {
                plan.Add($"{verb} nftables table {NftablesScript.Table(family)}");
            }
        }

        return plan;
    }

    public async Task<bool> IsIntactAsync(CancellationToken cancellationToken)
    {
        // The kernel never gives a handle twice, within a table or to tables; so an equal listing means the very rules that we made.
        var now = await ListAsync(_listings.Keys, cancellationToken);
        return _listings.All(listing => now[listing.Key] == listing.Value);
    }

    public Task RepairAsync(CancellationToken cancellationToken) =>
        WriteAsync(_rules!, AddressFamilies.None, _randomFully, cancellationToken);

    public async Task<IReadOnlyList<string>> RemoveAsync(CancellationToken cancellationToken)
    {
        (_rules, _listings) = (null, []);
        var nft = toolbox.Find(Tool);
        var standing = nft is null ? AddressFamilies.None : await StandingAsync(nft, cancellationToken);
        if (standing == AddressFamilies.None)
        {
            return [];
        }

        await RunAsync(NftablesScript.Remove(standing), "remove the overlay's tables", cancellationToken);
        return [.. _families.Where(family => standing.HasFlag(family)).Select(family => $"nftables table {NftablesScript.Table(family)}")];
    }

    /// <returns>Whether the rules choose ports fully at random.</returns>
    private async Task<bool> WriteAsync(FirewallRules rules, AddressFamilies standing, bool randomFully, CancellationToken cancellationToken)
    {
        const string Task = "set the firewall rules";
        try
        {
            await RunAsync(NftablesScript.Replace(rules, standing, randomFully), Task, cancellationToken);
        }
        catch (FirewallException) when (randomFully && rules.Masquerade)
        {
            // An old kernel or tool knows no "fully-random". If that was not the reason, the first refusal says what was.
            var result = await toolbox.RunAsync(Require(), ["-f", "-"], NftablesScript.Replace(rules, standing, false), cancellationToken);
            if (!result.Succeeded)
            {
                throw;
            }

            randomFully = false;
        }

        var wanted = FamilyRules.Of(rules);
        var listings = await ListAsync(wanted.Select(family => family.Family), cancellationToken);
        foreach (var family in wanted.Where(family => !NftablesListing.HasShape(listings[family.Family], NftablesScript.Rules(family, rules, randomFully))))
        {
            // Another program was faster. A text that no table has makes the next look find it.
            listings[family.Family] = "changed meanwhile";
            Log.ChangedMeanwhile(logger, NftablesScript.Table(family.Family));
        }

        _listings = listings;
        return randomFully;
    }

    private async Task<AddressFamilies> StandingAsync(string nft, CancellationToken cancellationToken)
    {
        var tables = (await toolbox.RunAsync(nft, ["list", "tables"], "", cancellationToken)).Require("list the tables").Split('\n');
        return _families
            .Where(family => tables.Contains($"table {NftablesScript.Table(family)}"))
            .Aggregate(AddressFamilies.None, (all, family) => all | family);
    }

    private async Task<Dictionary<AddressFamilies, string>> ListAsync(IEnumerable<AddressFamilies> families, CancellationToken cancellationToken)
    {
        // One process for each: nft 1.0.6 forgets the first of two tables.
        var nft = Require();
        var lists = families.ToDictionary(family => family, family => toolbox.RunAsync(
            nft, ["-a", "-s", "list", "table", .. NftablesScript.Table(family).Split(' ')], "", cancellationToken));
        await Task.WhenAll(lists.Values);
        return lists.ToDictionary(list => list.Key, list => list.Value.Result.Output);
    }

    private async Task RunAsync(string script, string task, CancellationToken cancellationToken) =>
        (await toolbox.RunAsync(Require(), ["-f", "-"], script, cancellationToken)).Require(task);

    private string Require() => toolbox.Find(Tool) ?? throw toolbox.Missing(Tool, "nftables");

    private static partial class Log
    {
        [LoggerMessage(EventIds.Firewall, LogLevel.Warning, "This kernel or nft has no fully-random masquerade; ports are chosen as the kernel likes")]
        public static partial void NotFullyRandom(ILogger logger);

        [LoggerMessage(EventIds.Firewall + 1, LogLevel.Warning, "Another program changed the nftables table {Table} in the moment it was written")]
        public static partial void ChangedMeanwhile(ILogger logger, string table);
    }
}
