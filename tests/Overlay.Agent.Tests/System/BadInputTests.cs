using System.Text.RegularExpressions;
using Overlay.TestKit.Agents;
using Xunit;

namespace Overlay.Agent.Tests.SystemTests;

/// <summary>The committed tables of bad input, through the real binary: one clear message, the exit status, and nothing left behind.</summary>
public sealed partial class BadInputTests : SystemTest
{
    public static TheoryData<string, string> BadConfigurations => Rows("bad-configuration.md");

    public static TheoryData<string, string> BadFlags => Rows("bad-flags.md");

    [Theory]
    [MemberData(nameof(BadConfigurations))]
    public async Task Configuration_Unusable_SaysWhereWhatAndWhatIsAllowed(string json, string message)
    {
        var text = json.Replace("NET6", "\"EnableIPv6\": true, \"IPv6Network\": \"fd00:244::/48\"", StringComparison.Ordinal)
            .Replace("NET", "\"Network\": \"10.244.0.0/16\"", StringComparison.Ordinal);

        await AssertRefusedAsync(text, [], new Dictionary<string, string?>(), message);
    }

    [Theory]
    [MemberData(nameof(BadFlags))]
    public async Task Flags_Unusable_SayWhereWhatAndWhatIsAllowed(string flags, string message)
    {
        var words = flags.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var variables = words.TakeWhile(word => Variable().IsMatch(word)).Select(word => word.Split('=', 2)).ToDictionary(parts => parts[0], parts => (string?)parts[1]);

        await AssertRefusedAsync(Vxlan, words[variables.Count..], variables, message);
    }

    private static async Task AssertRefusedAsync(string configuration, string[] flags, Dictionary<string, string?> variables, string message)
    {
        await using var lab = CreateLab(1);
        var folder = lab.Agents[0].Folder;
        var host = lab.Agents[0].Host.Name;
        var configurationPath = Path.Combine(folder, "net-conf.json");
        await File.WriteAllTextAsync(configurationPath, configuration, Cancellation);
        var linksBefore = await Tool.RunAsync(host, "ip -brief link show");
        string[] usual = ["--subnet-file", Path.Combine(folder, "subnet.env"), "--state-dir", Path.Combine(folder, "state"), "--control-socket", Path.Combine(folder, "socket")];
        string[] where = flags.Contains("--net-config-path") ? [] : ["--net-config-path", configurationPath];
        // A store that is named wins over the flags that would select etcd or Kubernetes.
        string[] store = flags.Any(flag => flag is "--store" || flag.StartsWith("--etcd", StringComparison.Ordinal) || flag.StartsWith("--kube", StringComparison.Ordinal))
            ? []
            : ["--store", $"sqlite:{Path.Combine(folder, "leases.db")}"];

        var result = await Tool.TryRunAsync(host, OverlaydBinary.Path, [.. usual, .. where, .. store, .. flags], variables);

        Assert.Contains(message, result.Text, StringComparison.Ordinal);
        Assert.Equal(2, result.Status);
        Assert.DoesNotContain("   at ", result.Text, StringComparison.Ordinal);
        Assert.Equal(linksBefore, await Tool.RunAsync(host, "ip -brief link show"));
        Assert.Empty(await Tool.RunAsync(host, "nft list ruleset"));
        Assert.Equal([configurationPath], Directory.EnumerateFileSystemEntries(folder));
    }

    private static TheoryData<string, string> Rows(string file)
    {
        var rows = new TheoryData<string, string>();
        foreach (var row in MarkdownTable.Read(file))
        {
            rows.Add(row[0], row[1]);
        }

        return rows;
    }

    [GeneratedRegex("^[A-Z_0-9]+=")]
    private static partial Regex Variable();
}
