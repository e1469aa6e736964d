using Overlay.TestKit.Agents;
using Xunit;

namespace Overlay.Agent.Tests.SystemTests;

/// <summary>What a person does with a running agent: status, plan, cleanup.</summary>
public sealed class CommandTests : SystemTest
{
    [Fact]
    public async Task Status_ReadyAgent_SaysLeaseNetworkAndPeers()
    {
        await using var lab = CreateLab(2);
        lab.Configure(Vxlan);
        await lab.StartAllAsync(Cancellation);

        var text = await lab.Agents[0].ControlAsync("status");
        var json = await lab.Agents[0].StatusAsync();

        Assert.True(text.Status == 0, text.Text);
        Assert.Contains("ready", text.Text, StringComparison.Ordinal);
        Assert.Contains($"{lab.Agents[0].Subnets().IPv4}", text.Text, StringComparison.Ordinal);
        Assert.Contains("vxlan", text.Text, StringComparison.Ordinal);
        Assert.Contains($"{lab.Agents[0].Subnets().IPv4}", json.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_NoAgent_SaysSoAndFails()
    {
        await using var lab = CreateLab(1);

        var result = await lab.Agents[0].ControlAsync("status");

        Assert.Equal(1, result.Status);
        Assert.Contains("overlayd.sock", result.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Plan_BeforeTheFirstStart_ShowsEntriesAndChangesNothing()
    {
        await using var lab = CreateLab(2);
        lab.Configure(Vxlan, "--ip-masq");
        await lab.Agents[1].StartReadyAsync(Cancellation);
        var agent = lab.Agents[0];

        var plan = await agent.PlanAsync();

        Assert.True(plan.Status == 0, plan.Text);
        Assert.Contains("flannel.1", plan.Text, StringComparison.Ordinal);
        Assert.Contains($"{lab.Agents[1].Subnets().IPv4} via {lab.Agents[1].Subnets().IPv4!.Value.BaseAddress} dev flannel.1 onlink", plan.Text, StringComparison.Ordinal);
        Assert.Contains("flannel-ipv4", plan.Text, StringComparison.Ordinal);
        await AssertNothingIsLeftAsync(agent);
    }

    [Fact]
    public async Task Cleanup_AfterKill_RemovesEverythingAndSaysWhat()
    {
        await using var lab = CreateLab(2);
        lab.Configure(Vxlan, "--ip-masq");
        await lab.StartAllAsync(Cancellation);
        var agent = lab.Agents[0];
        await agent.KillAsync();

        var cleanup = await agent.CleanupAsync();

        Assert.True(cleanup.Status == 0, cleanup.Text);
        Assert.Contains("flannel.1", cleanup.Text, StringComparison.Ordinal);
        Assert.Contains("subnet.env", cleanup.Text, StringComparison.Ordinal);
        await AssertNothingIsLeftAsync(agent);
        Assert.True(File.Exists(agent.StorePath), "the lease store went without --purge");
    }

    [Fact]
    public async Task Cleanup_NothingThere_SaysSo()
    {
        await using var lab = CreateLab(1);

        var cleanup = await lab.Agents[0].CleanupAsync();

        Assert.True(cleanup.Status == 0, cleanup.Text);
        await AssertNothingIsLeftAsync(lab.Agents[0]);
    }

    [Fact]
    public async Task SecondAgent_SameNetworkAndNamespace_IsRefused()
    {
        await using var lab = CreateLab(1);
        lab.Configure(Vxlan);
        await lab.StartAllAsync(Cancellation);
        var other = new AgentHost(lab.Agents[0].Host, lab.Agents[0].Folder + "-other", lab.StorePath) { Configuration = Vxlan };

        await using var second = other.Start();
        await second.WaitForExitAsync(TimeSpan.FromSeconds(20));

        Assert.Equal(1, second.ExitCode);
        Assert.Contains("already", second.Output, StringComparison.OrdinalIgnoreCase);
        Assert.False(lab.Agents[0].Process.HasExited);
    }

    [Fact]
    public async Task ClonedNode_SamePublicAddress_IsRefused()
    {
        await using var lab = CreateLab(2);
        lab.Configure(Vxlan);
        await lab.Agents[0].StartReadyAsync(Cancellation);
        await lab.Agents[1].RunAsync("ip address add 192.0.2.1/24 dev eth0");
        lab.Agents[1].Flags = ["--public-ip=192.0.2.1"];

        var clone = lab.Agents[1].Start();
        await clone.WaitForExitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(1, clone.ExitCode);
        Assert.Contains("192.0.2.1", clone.Output, StringComparison.Ordinal);
        Assert.False(lab.Agents[0].Process.HasExited);
        await AssertNothingIsLeftAsync(lab.Agents[1]);
    }

    [Fact]
    public async Task HealthPort_ReadyAgent_AnswersAsFlanneldDoes()
    {
        await using var lab = CreateLab(1);
        lab.Configure(Vxlan, "--healthz-ip=127.0.0.1", "--healthz-port=8471");
        await lab.StartAllAsync(Cancellation);
        using var client = lab.Agents[0].CreateHttpClient();

        var (health, ready, metrics) = (
            await client.GetStringAsync(new Uri("http://127.0.0.1:8471/healthz"), Cancellation),
            await client.GetStringAsync(new Uri("http://127.0.0.1:8471/readyz"), Cancellation),
            await client.GetStringAsync(new Uri("http://127.0.0.1:8471/metrics"), Cancellation));

        Assert.Equal("flanneld is running", health);
        Assert.Equal("flanneld is ready", ready);
        Assert.Contains("overlay_", metrics, StringComparison.Ordinal);
    }
}
