using System.Diagnostics;
using System.Text.Json.Nodes;
using Overlay.Core.Addressing;
using Overlay.Linux.Netlink.Route;
using Overlay.TestKit.Cni;
using Xunit;

namespace Overlay.Cni.Tests.Scale;

/// <summary>Many workloads on one node.</summary>
[Trait("Needs", "root")]
[Trait("Speed", "slow")]
public sealed class CrowdTests
{
    // BR_MAX_PORTS of net/bridge/br_private.h, of which number 0 is none.
    private const int BridgePorts = 1023;

    [Fact]
    public void Add_SixtyFourAtOnce_EachHasAnAddressOfItsOwn()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        using var node = new CniNode();
        var containers = Containers(node, 64);

        var answers = Send(node, "ADD", "10.1.17.1/24", containers, 64);

        Assert.All(answers, answer => Assert.True(answer.IsSuccess, answer.ToString()));
        Assert.Equal(64, Addresses(answers).Distinct().Count());
        Assert.Equal(64, node.HostEnds.Count());
        Assert.All(Send(node, "DEL", "10.1.17.1/24", containers, 64), answer => Assert.True(answer.IsSuccess, answer.ToString()));
        Assert.Empty(node.HostEnds);
    }

    /// <summary>More than a /24 has, and all that a bridge has ports for.</summary>
    [Fact]
    public void Add_AThousandInASlash22_AllReachTheGatewayAndGoAgain()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        using var node = new CniNode();
        var containers = Containers(node, 1000);

        var answers = Send(node, "ADD", "10.1.16.1/22", containers, 8);

        Assert.All(answers, answer => Assert.True(answer.IsSuccess, answer.ToString()));
        var addresses = Addresses(answers).Select(InetPrefix.Parse).ToArray();
        Assert.Equal(1000, addresses.Distinct().Count());
        Assert.All(addresses, address => Assert.True(InetPrefix.Parse("10.1.16.0/22").Contains(address.Address)));
        var bridge = node.Route.FindLink("cni0")!.Index;
        Assert.Equal(1000, node.HostEnds.Count(link => link.Master == bridge));
        foreach (var i in (int[])[0, 499, 999])
        {
            using var ping = Process.Start(new ProcessStartInfo("nsenter", [$"--net={containers[i].Path}", "ping", "-c", "1", "-W", "10", addresses[999 - i].Address.ToString()]) { RedirectStandardOutput = true })!;
            ping.WaitForExit();
            Assert.Equal(0, ping.ExitCode);
        }

        for (var port = 1000; port < BridgePorts; port++)
        {
            node.Route.Execute(batch => batch.CreateVeth(new LinkSettings { Name = $"other{port}", Master = bridge }, new LinkSettings { Name = $"far{port}" }));
        }

        var links = node.HostEnds.Count();
        var refused = Assert.Single(Send(node, "ADD", "10.1.16.1/22", Containers(node, 1), 1));
        Assert.Equal(101, refused.ErrorCode);
        Assert.Contains("1023 ports", refused.ToString(), StringComparison.Ordinal);
        Assert.Equal(links, node.HostEnds.Count());

        Assert.All(Send(node, "DEL", "10.1.16.1/22", containers, 8), answer => Assert.True(answer.IsSuccess, answer.ToString()));
        Assert.DoesNotContain(node.HostEnds, link => link.Master == bridge && !link.Name.StartsWith("other", StringComparison.Ordinal));
    }

    private static CniContainer[] Containers(CniNode node, int count) => [.. Enumerable.Range(0, count).Select(_ => node.AddContainer())];

    private static CniAnswer[] Send(CniNode node, string command, string gateway, CniContainer[] containers, int atOnce)
    {
        var driver = new CniDriver(node.Namespace, CniBinaries.Overlay, CniBinaries.SearchPath);
        var input = new JsonObject
        {
            ["cniVersion"] = "1.0.0",
            ["name"] = "crowd",
            ["type"] = "overlay-cni",
            ["subnetFile"] = node.WriteSubnetFile(gateway),
            ["dataDir"] = Path.Combine(node.Folder, "data"),
        }.ToJsonString();
        var answers = new CniAnswer[containers.Length];
        Parallel.For(0, containers.Length, new ParallelOptions { MaxDegreeOfParallelism = atOnce }, i => answers[i] = driver.Call(CniRequest.For(command, containers[i], input)));
        return answers;
    }

    private static IEnumerable<string> Addresses(CniAnswer[] answers) => answers.Select(answer => answer.Result.GetProperty("ips")[0].GetProperty("address").GetString()!);
}
