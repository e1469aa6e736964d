using Microsoft.Extensions.Time.Testing;
using Overlay.Core.Addressing;
using Overlay.Linux.Firewall;
using Xunit;

namespace Overlay.Linux.Tests.Firewall;

public sealed class ToolboxTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_ToolThatNeverEnds_IsEndedAtTheDeadline()
    {
        var clock = new FakeTimeProvider();
        var toolbox = new Toolbox(clock);

        var run = toolbox.RunAsync("/usr/bin/sleep", ["1000"], "", Cancel);
        clock.Advance(TimeSpan.FromSeconds(30));

        var refusal = await Assert.ThrowsAsync<FirewallException>(() => run);
        Assert.StartsWith("sleep did not finish within 30 s", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_Cancelled_EndsTheTool()
    {
        using var stop = new CancellationTokenSource();
        var run = new Toolbox(TimeProvider.System).RunAsync("/usr/bin/sleep", ["1000"], "", stop.Token);

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
    }

    [Fact]
    public async Task Run_ToolThatDoesNotRead_GivesItsAnswer()
    {
        using var tools = new FakeTools().Script("deaf", "exec <&-; echo no >&2; exit 3");

        var result = await new Toolbox(TimeProvider.System).RunAsync(Path.Combine(tools.Folder, "deaf"), [], new string('x', 1 << 20), Cancel);

        Assert.Equal("deaf refused to try (exit status 3): no.", result.Refusal("try").Message);
    }

    [Fact]
    public async Task Run_MuchInputAndOutput_ComesThrough()
    {
        var text = string.Concat(Enumerable.Range(0, 100_000).Select(number => $"line {number}\n"));

        Assert.Equal(text, (await new Toolbox(TimeProvider.System).RunAsync("/usr/bin/cat", [], text, Cancel)).Output);
    }

    [Fact]
    public async Task Run_NoProgram_SaysSo()
    {
        using var tools = new FakeTools();
        File.WriteAllText(Path.Combine(tools.Folder, "nft"), "");

        var refusal = await Assert.ThrowsAsync<FirewallException>(
            () => new Toolbox(TimeProvider.System).RunAsync(Path.Combine(tools.Folder, "nft"), [], "", Cancel));

        Assert.Contains("could not be started: ", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refusal_NotPermitted_NamesTheCapability() => Assert.EndsWith(
        "The agent needs CAP_NET_ADMIN (and CAP_NET_RAW for iptables) in its network namespace.",
        new ToolResult("nft", 1, "", "Error: Could not process rule: Operation not permitted").Refusal("set rules").Message,
        StringComparison.Ordinal);

    [Theory]
    [InlineData("1", "1", 0)]
    [InlineData("1", "0", 1)]
    [InlineData("0", null, 2)]
    public void FindOff_BridgeSwitches_AreNamed(string ipv4, string? ipv6, int count)
    {
        using var folder = new FakeTools();
        File.WriteAllText(Path.Combine(folder.Folder, "bridge-nf-call-iptables"), ipv4 + "\n");
        if (ipv6 is not null)
        {
            File.WriteAllText(Path.Combine(folder.Folder, "bridge-nf-call-ip6tables"), ipv6 + "\n");
        }

        var off = BridgeNetfilter.FindOff(AddressFamilies.IPv4 | AddressFamilies.IPv6, folder.Folder);

        Assert.Equal(count, off.Count);
        Assert.Equal(ipv6 is null, off.Any(line => line.EndsWith("bridge-nf-call-ip6tables is missing", StringComparison.Ordinal)));
    }
}
