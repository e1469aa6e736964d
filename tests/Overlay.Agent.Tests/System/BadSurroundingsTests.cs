using Overlay.TestKit.Agents;
using Xunit;

namespace Overlay.Agent.Tests.SystemTests;

/// <summary>The configuration is right and the machine is not: one clear message, exit status 1, nothing left behind.</summary>
public sealed class BadSurroundingsTests : SystemTest
{
    [Fact]
    public async Task NoDefaultRoute_ListsTheInterfacesConsidered()
    {
        await using var lab = CreateLab(1, hasDefaultRoute: false);
        lab.Configure(Vxlan);

        await AssertRefusedAsync(lab.Agents[0], "default route", "eth0");
    }

    [Fact]
    public async Task InterfaceThatDoesNotExist_ListsThoseThatDo()
    {
        await using var lab = CreateLab(1);
        lab.Configure(Vxlan, "--iface=eth7");

        await AssertRefusedAsync(lab.Agents[0], "eth7", "eth0");
    }

    [Fact]
    public async Task ForeignDeviceWithTheSameVni_IsNamed()
    {
        await using var lab = CreateLab(1);
        lab.Configure(Vxlan);
        await lab.Agents[0].RunAsync("ip link add somebodys type vxlan id 1 dev eth0 dstport 8472");

        await AssertRefusedAsync(lab.Agents[0], "somebodys", "VNI");
    }

    [Fact]
    public async Task SubnetFile_ReadOnlyFolder_IsNamed()
    {
        await using var lab = CreateLab(1);
        lab.Configure(Vxlan);

        // Root may write anywhere, except where nobody can.
        lab.Agents[0].Flags = ["--subnet-file=/proc/overlay/subnet.env"];

        await AssertRefusedAsync(lab.Agents[0], "/proc/overlay");
    }

    [Fact]
    public async Task Store_NoSuchFolderCanBeMade_IsNamed()
    {
        await using var lab = CreateLab(1);
        lab.Configure(Vxlan, "--store=sqlite:/proc/overlay/leases.db");

        await AssertRefusedAsync(lab.Agents[0], "/proc/overlay");
    }

    [Fact]
    public async Task Store_NoDatabase_IsNamed()
    {
        await using var lab = CreateLab(1);
        lab.Configure(Vxlan);
        await File.WriteAllTextAsync(lab.StorePath, new string('x', 8192), Cancellation);

        await AssertRefusedAsync(lab.Agents[0], lab.StorePath);
    }

    [Fact]
    public async Task NoPermission_SaysWhichIsMissing()
    {
        await using var lab = CreateLab(1);
        var agent = lab.Agents[0];
        agent.Configuration = Vxlan;

        var result = await agent.RunWithoutNetAdminAsync();

        Assert.True(result.Status == 1, $"{result.Status}: {result.Text}");
        Assert.Contains("CAP_NET_ADMIN", result.Text, StringComparison.Ordinal);
        await AssertNothingIsLeftAsync(agent);
    }

    [Fact]
    public async Task NetworkFull_SaysHowManyAreLeasedAndWhatWouldHoldMore()
    {
        await using var lab = CreateLab(1);
        lab.Configure("""{ "Network": "10.244.0.0/24", "SubnetLen": 26, "EnableNFTables": true, "Backend": { "Type": "vxlan" } }""");
        await LeaseSeed.WriteAsync(lab.StorePath, Enumerable.Range(1, 3).Select(number =>
            ($"10.244.0.{64 * number}-26", $$$"""{"PublicIP":"192.0.2.{{{100 + number}}}","PublicIPv6":null,"BackendType":"vxlan","BackendData":{"VNI":1,"VtepMAC":"02:00:00:00:00:0{{{number}}}"}}""")));

        await AssertRefusedAsync(lab.Agents[0], "No subnet is free", "3 are leased", "/23");
    }

    [Fact]
    public async Task FirewallTool_Missing_KeepsTheAgentNotReadyAndSaysSo()
    {
        await using var lab = CreateLab(1);
        lab.Configure(Vxlan, "--ip-masq");
        var agent = lab.Agents[0];
        agent.Environment = new Dictionary<string, string?> { ["PATH"] = "/nowhere" };

        agent.Start();

        await agent.Process.WaitForLineAsync("nft", TimeSpan.FromSeconds(20));
        await Deadline.UntilAsync(() => agent.TryGet("/readyz?verbose") is { IsSuccess: false } answer && answer.Body.Contains("nft", StringComparison.Ordinal),
            () => $"{agent.TryGet("/readyz?verbose")}\n{agent.Process.Output}", Cancellation);
    }

    private static async Task AssertRefusedAsync(AgentHost agent, params string[] words)
    {
        var links = await agent.RunAsync("ip -brief link show");

        var process = agent.Start();
        await process.WaitForExitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(1, process.ExitCode);
        Assert.All(words, word => Assert.Contains(word, process.Output, StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", process.Output, StringComparison.Ordinal);
        Assert.Equal(links, await agent.RunAsync("ip -brief link show"));
        Assert.Empty(await agent.RunAsync("nft list ruleset"));
        Assert.False(File.Exists(agent.SubnetFile));
    }
}
