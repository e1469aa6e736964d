using System.Text.RegularExpressions;
using Overlay.TestKit.Agents;
using Overlay.TestKit.Namespaces;
using Overlay.TestKit.Processes;
using Xunit;

namespace Overlay.Agent.Tests.SystemTests;

/// <summary>The committed tables of bad input, through the real binary: one clear message, the exit status, and nothing left behind. The rows share a host,
/// which is looked at after each.</summary>
public sealed partial class BadInputTests(BadInputTests.Place place) : SystemTest, IClassFixture<BadInputTests.Place>
{
    public static TheoryData<string, string> BadConfigurations => Rows("bad-configuration.md");

    public static TheoryData<string, string> BadFlags => Rows("bad-flags.md");

    [Theory]
    [MemberData(nameof(BadConfigurations))]
    public async Task Configuration_Unusable_SaysWhereWhatAndWhatIsAllowed(string json, string message)
    {
        await File.WriteAllTextAsync(place.ConfigurationPath, json.Replace("NET6", "\"EnableIPv6\": true, \"IPv6Network\": \"fd00:244::/48\"", StringComparison.Ordinal)
            .Replace("NET", "\"Network\": \"10.244.0.0/16\"", StringComparison.Ordinal), Cancellation);

        await AssertRefusedAsync(["--net-config-path", place.ConfigurationPath], new Dictionary<string, string?>(), message);
    }

    [Theory]
    [MemberData(nameof(BadFlags))]
    public async Task Flags_Unusable_SayWhereWhatAndWhatIsAllowed(string flags, string message)
    {
        await File.WriteAllTextAsync(place.ConfigurationPath, Vxlan, Cancellation);
        var words = flags.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var variables = words.TakeWhile(word => Variable().IsMatch(word)).Select(word => word.Split('=', 2)).ToDictionary(parts => parts[0], parts => (string?)parts[1]);
        var own = words.Skip(variables.Count).ToArray();
        string[] usual = own.Contains("--net-config-path") ? [] : ["--net-config-path", place.ConfigurationPath];

        await AssertRefusedAsync([.. usual, .. own], variables, message);
    }

    private async Task AssertRefusedAsync(string[] flags, Dictionary<string, string?> variables, string message)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        string[] usual = ["--subnet-file", place.File("subnet.env"), "--state-dir", place.File("state"), "--control-socket", place.File("socket")];
        string[] store = flags.Contains("--store") ? [] : ["--store", $"sqlite:{place.File("leases.db")}"];

        await using var process = ChildProcess.Start(place.Host.Name, OverlaydBinary.Path, [.. usual, .. store, .. flags], variables);
        await process.WaitForExitAsync(TimeSpan.FromSeconds(30));

        Assert.Contains(message, process.Output, StringComparison.Ordinal);
        Assert.Equal(2, process.ExitCode);
        Assert.DoesNotContain("   at ", process.Output, StringComparison.Ordinal);
        Assert.Equal(place.LinksBefore, await Tool.RunAsync(place.Host.Name, "ip -brief link show"));
        Assert.Empty(await Tool.RunAsync(place.Host.Name, "nft list ruleset"));
        Assert.Equal([place.ConfigurationPath], Directory.EnumerateFileSystemEntries(place.Folder));
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

    /// <summary>The host on which all rows are tried.</summary>
    public sealed class Place : IAsyncLifetime
    {
        private readonly TestTopology? _topology = Environment.IsPrivilegedProcess ? new TestTopology(new TestTopologyOptions { Hosts = 1 }) : null;

        public string Folder { get; } = Directory.CreateTempSubdirectory("ovbad-").FullName;

        public string ConfigurationPath => File("net-conf.json");

        public TestHost Host => _topology!.Hosts[0];

        public string LinksBefore { get; private set; } = "";

        public string File(string name) => Path.Combine(Folder, name);

        public async ValueTask InitializeAsync() => LinksBefore = _topology is null ? "" : await Tool.RunAsync(Host.Name, "ip -brief link show");

        public ValueTask DisposeAsync()
        {
            _topology?.Dispose();
            Directory.Delete(Folder, recursive: true);
            return ValueTask.CompletedTask;
        }
    }
}
