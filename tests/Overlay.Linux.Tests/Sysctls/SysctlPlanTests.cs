using Overlay.Core.Addressing;
using Overlay.Linux.Sysctls;
using Xunit;

namespace Overlay.Linux.Tests.SysctlRules;

public class SysctlPlanTests
{
    [Fact]
    public void ForHost_ForwardingHost_NeedsNothing() =>
        Assert.Empty(SysctlPlan.ForHost(Read("net/ipv4/ip_forward=1", "net/ipv6/conf/all/forwarding=1", "net/ipv6/conf/eth0/accept_ra=2"), AddressFamilies.Dual, ["eth0"]));

    [Fact]
    public void ForHost_HostThatDoesNotForward_KeepsTheAdvertisedRouteFirst() => Assert.Equal(
        ["sysctl -w net.ipv4.ip_forward=1", "sysctl -w net.ipv6.conf.eth0.accept_ra=2", "sysctl -w net.ipv6.conf.all.forwarding=1"],
        Commands(SysctlPlan.ForHost(
            Read("net/ipv4/ip_forward=0", "net/ipv6/conf/all/forwarding=0", "net/ipv6/conf/eth0/accept_ra=1", "net/ipv6/conf/eth1/accept_ra=0"),
            AddressFamilies.Dual, ["eth0", "eth1"])));

    [Fact]
    public void ForHost_IPv4Only_LeavesIPv6Alone() => Assert.Equal(
        ["sysctl -w net.ipv4.ip_forward=1"],
        Commands(SysctlPlan.ForHost(Read("net/ipv4/ip_forward=0", "net/ipv6/conf/all/forwarding=0"), AddressFamilies.IPv4, ["eth0"])));

    // all, device, what is to be set; the kernel takes the larger one, and 1 is strict.
    [Theory]
    [InlineData("0", "0", null)]
    [InlineData("0", "1", "2")]
    [InlineData("1", "0", "2")]
    [InlineData("1", "1", "2")]
    [InlineData("0", "2", null)]
    [InlineData("1", "2", null)]
    [InlineData("2", "0", null)]
    [InlineData("2", "1", null)]
    public void ForDevice_ReversePathFilter_IsLoosenedOnlyWhenStrict(string all, string device, string? expected)
    {
        var steps = SysctlPlan.ForDevice(Read($"net/ipv4/conf/all/rp_filter={all}", $"net/ipv4/conf/flannel.1/rp_filter={device}"), AddressFamilies.IPv4, "flannel.1", isOwn: true).ToArray();

        Assert.Equal(expected is null ? [] : [$"sysctl -w net.ipv4.conf.flannel/1.rp_filter={expected}"], Commands(steps));
        Assert.All(steps, step => Assert.False(step.IsRequired));
    }

    [Fact]
    public void ForDevice_DeviceThatIsNotThereYet_NeedsNothing() =>
        Assert.Empty(SysctlPlan.ForDevice(Read("net/ipv4/conf/all/rp_filter=1"), AddressFamilies.Dual, "flannel.1", isOwn: true));

    [Fact]
    public void ForDevice_OwnDevice_HasIPv6ForwardsAndHearsNoRouter() => Assert.Equal(
        [
            "sysctl -w net.ipv4.conf.flannel/1.forwarding=1", "sysctl -w net.ipv6.conf.flannel/1.disable_ipv6=0",
            "sysctl -w net.ipv6.conf.flannel/1.forwarding=1", "sysctl -w net.ipv6.conf.flannel/1.accept_ra=0",
        ],
        Commands(SysctlPlan.ForDevice(
            Read("net/ipv4/conf/flannel.1/forwarding=0", "net/ipv6/conf/flannel.1/disable_ipv6=1", "net/ipv6/conf/flannel.1/forwarding=0", "net/ipv6/conf/flannel.1/accept_ra=1"),
            AddressFamilies.Dual, "flannel.1", isOwn: true)));

    [Fact]
    public void ForDevice_Underlay_KeepsItsAdvertisements() => Assert.Empty(SysctlPlan.ForDevice(
        Read("net/ipv4/conf/eth0/forwarding=1", "net/ipv6/conf/eth0/forwarding=1", "net/ipv6/conf/eth0/accept_ra=2"), AddressFamilies.Dual, "eth0", isOwn: false));

    [Theory]
    [InlineData("1", "1", true)] // "unless it forwards", and it does
    [InlineData("1", "0", false)]
    [InlineData("2", "1", false)]
    public void IsHarmless_AdvertisementsOnAForwardingDevice_AreIgnoredByTheKernel(string accepts, string forwards, bool expected) => Assert.Equal(
        expected,
        SysctlPlan.IsHarmless(new SysctlStep("net/ipv6/conf/flannel.1/accept_ra", accepts, "0", "", false), Read($"net/ipv6/conf/flannel.1/forwarding={forwards}")));

    private static Func<string, string?> Read(params string[] settings)
    {
        var values = settings.Select(setting => setting.Split('=')).ToDictionary(parts => parts[0], parts => parts[1]);
        return path => values.GetValueOrDefault(path);
    }

    private static string[] Commands(IEnumerable<SysctlStep> steps) => [.. steps.Select(step => step.Command)];
}
