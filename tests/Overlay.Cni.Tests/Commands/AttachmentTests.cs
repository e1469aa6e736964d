using System.Text.Json.Nodes;
using Overlay.Core.Addressing;
using Overlay.Linux.Netlink.Route;
using Overlay.TestKit.Agents;
using Overlay.TestKit.Cni;
using Overlay.TestKit.Processes;
using Xunit;

namespace Overlay.Cni.Tests.Commands;

/// <summary>Attachments in real namespaces, through the real binary.</summary>
[Trait("Needs", "root")]
public sealed class AttachmentTests : IDisposable
{
    private readonly CniNode _node = CreateNode();
    private readonly string _subnetFile;

    public AttachmentTests() => _subnetFile = _node.WriteSubnetFile("10.1.17.1/24");

    private string Data => Path.Combine(_node.Folder, "data");

    public void Dispose() => _node.Dispose();

    [Fact]
    public async Task Add_BothFamilies_WorkloadsReachEachOtherAndTheHost()
    {
        await File.AppendAllTextAsync(_subnetFile, "FLANNEL_IPV6_NETWORK=fd00:1::/48\nFLANNEL_IPV6_SUBNET=fd00:1:0:17::1/64\n", TestContext.Current.CancellationToken);
        var (first, second) = (_node.AddContainer(), _node.AddContainer());

        Send("ADD", first);
        Send("ADD", second);

        foreach (var address in new[] { "10.1.17.3", "10.1.17.1", "fd00:1:0:17::3", "fd00:1:0:17::1" })
        {
            await Tool.RunAsync(first.Name, $"ping -c 1 -W 5 {address}");
        }

        Assert.Contains(first.Ask(route => route.ListRoutes()), route => route.Destination.Length == 0 && route.Gateway.ToString() == "10.1.17.1");
        var bridge = _node.Route.FindLink("cni0")!;
        Assert.Equal(1450, bridge.Mtu);
        Assert.All(_node.HostEnds, link => Assert.True(link.Port is { Hairpin: true, IsIsolated: false } && link.Master == bridge.Index));
    }

    [Fact]
    public void Bridge_PortsComeAndGo_KeepsItsMac()
    {
        var container = _node.AddContainer();
        Send("ADD", container);
        var mac = _node.Route.FindLink("cni0")!.Mac;
        // A bridge that was never told its address takes the lowest of its ports.
        _node.Route.Execute(batch => batch.CreateVeth(new LinkSettings { Name = "low", Mac = Mac("02:00:00:00:00:01"), Master = _node.Route.FindLink("cni0")!.Index }, new LinkSettings { Name = "low1" }));

        Send("DEL", container);

        Assert.Equal(mac, _node.Route.FindLink("cni0")!.Mac);
        _node.Route.Execute(batch => batch.DeleteLink("cni0"));
        Send("ADD", container);
        Assert.Equal(mac, _node.Route.FindLink("cni0")!.Mac);
    }

    [Fact]
    public void Bridge_OfAnotherSubnet_LosesTheOldGateway()
    {
        Send("ADD", _node.AddContainer());
        _node.WriteSubnetFile("10.1.99.1/24");

        Send("ADD", _node.AddContainer());

        Assert.Equal(["10.1.99.1/24"], GatewayAddresses());
    }

    [Fact]
    public void Del_NamespaceBridgeAndFilesAreGone_Succeeds()
    {
        var container = _node.AddContainer();
        Send("ADD", container);
        container.Dispose();
        _node.Route.Execute(batch => batch.DeleteLink("cni0"));
        File.Delete(_subnetFile);
        Directory.Delete(Data, recursive: true);

        Send("DEL", container);
        Send("DEL", container);

        Assert.Empty(_node.HostEnds);
    }

    [Fact]
    public void Add_JournalIsLost_GivesNoAddressTwice()
    {
        var (first, second) = (_node.AddContainer(), _node.AddContainer());
        Send("ADD", first);
        Directory.Delete(Data, recursive: true);

        Assert.Equal("10.1.17.3", AddressOf(Send("ADD", second)));
    }

    [Fact]
    public void Add_InterfaceWasTaken_IsRefusedAndLeavesTheOther()
    {
        var container = _node.AddContainer();
        container.Change(route => route.Execute(batch => batch.CreateVeth(new LinkSettings { Name = "eth0" }, new LinkSettings { Name = "other" })));

        var answer = Call("ADD", container);

        Assert.Equal(103, answer.ErrorCode);
        Assert.NotNull(container.Ask(route => route.FindLink("eth0")));
        Assert.Empty(_node.HostEnds);
        Assert.Equal("10.1.17.3", AddressOf(Send("ADD", _node.AddContainer())));
    }

    [Fact]
    public async Task Add_IsolatedPorts_WorkloadsReachTheHostOnly()
    {
        var configuration = Configuration();
        configuration["delegate"]!["portIsolation"] = true;
        var (first, second, open) = (_node.AddContainer(), _node.AddContainer(), _node.AddContainer());

        Send("ADD", first, configuration);
        Send("ADD", second, configuration);
        Assert.All(_node.HostEnds, link => Assert.True(link.Port is { IsIsolated: true }));
        Send("ADD", open);

        Assert.NotEqual(0, (await Tool.TryRunAsync(first.Name, "ping", ["-c", "2", "-W", "1", "10.1.17.3"])).Status);
        foreach (var address in new[] { "10.1.17.1", "10.1.17.4" })
        {
            await Tool.RunAsync(first.Name, $"ping -c 1 -W 5 {address}");
        }

        await Tool.RunAsync(open.Name, "ping -c 1 -W 5 10.1.17.3");
    }

    [Fact]
    public async Task Add_Bandwidth_LimitsBothDirectionsAndGoesWithDel()
    {
        var configuration = Configuration();
        configuration["runtimeConfig"] = JsonNode.Parse("""{"bandwidth":{"ingressRate":8000000,"ingressBurst":800000,"egressRate":4000000,"egressBurst":800000}}""");
        var container = _node.AddContainer();

        Send("ADD", container, configuration);

        var queues = await Tool.RunAsync(_node.Name, "tc qdisc");
        Assert.Contains("rate 8Mbit burst 100000b", queues, StringComparison.Ordinal);
        Assert.Contains("rate 4Mbit burst 100000b", queues, StringComparison.Ordinal);
        // At most the rate and one burst; less where the machine is busy. What is offered is ten times as much.
        Assert.InRange(await MeasureAsync(container, "10.1.17.2", ""), 1, 12_000_000);
        Assert.InRange(await MeasureAsync(container, "10.1.17.2", "-R"), 1, 8_000_000);
        Send("DEL", container, Configuration());
        Assert.Empty(_node.Route.ListLinks("ifb"));
    }

    [Fact]
    public async Task Add_AgentDoesNotMasquerade_PluginDoes()
    {
        await File.WriteAllTextAsync(_subnetFile, (await File.ReadAllTextAsync(_subnetFile, TestContext.Current.CancellationToken)).Replace("IPMASQ=true", "IPMASQ=false", StringComparison.Ordinal), TestContext.Current.CancellationToken);

        Send("ADD", _node.AddContainer());
        Send("ADD", _node.AddContainer());

        var rules = await Tool.RunAsync(_node.Name, "nft list table ip overlay-cni");
        Assert.Single(rules.Split('\n'), line => line.Contains("ip saddr @workloads ip daddr != @networks ip daddr != 224.0.0.0/4 masquerade", StringComparison.Ordinal));
        Assert.Contains("elements = { 10.1.17.0/24 }", rules, StringComparison.Ordinal);
    }

    [Fact]
    public void Add_WishedAddress_IsGivenOnce()
    {
        var configuration = Configuration();
        configuration["runtimeConfig"] = JsonNode.Parse("""{"ips":["10.1.17.77/24"],"mac":"0a:58:00:00:00:77"}""");
        var container = _node.AddContainer();

        Assert.Equal("10.1.17.77", AddressOf(Send("ADD", container, configuration)));
        Assert.Equal("0a:58:00:00:00:77", container.Ask(route => route.FindLink("eth0"))!.Mac.ToString());
        Assert.Equal(102, Call("ADD", _node.AddContainer(), configuration).ErrorCode);
    }

    [Fact]
    public void Gc_UnknownAttachments_AreFreedAndOthersKept()
    {
        var (kept, lost) = (_node.AddContainer(), _node.AddContainer());
        Send("ADD", kept);
        Send("ADD", lost);
        var configuration = Configuration();
        configuration["cni.dev/valid-attachments"] = new JsonArray(new JsonObject { ["containerID"] = kept.Id, ["ifname"] = "eth0" });

        Assert.Equal(0, Driver().Call(new CniRequest { Command = "GC", Input = configuration.ToJsonString() }).Status);

        Assert.Contains(kept.Id, Assert.Single(_node.HostEnds).Alias, StringComparison.Ordinal);
        Assert.DoesNotContain("eth0", lost.Ask(route => route.ListLinks()).Select(link => link.Name));
    }

    [Theory]
    [InlineData("""{"type":"bridge","isDefaultGateway":true}""", "{}")]
    [InlineData("""{"type":"ptp"}""", "{}")]
    [InlineData("""{"isDefaultGateway":true}""", """{"type":"host-local"}""")]
    public async Task Add_ReferencePlugins_DoTheirPartAndForgetIt(string delegation, string ipam)
    {
        var configuration = Configuration();
        configuration["delegate"] = JsonNode.Parse(delegation);
        configuration["ipam"] = JsonNode.Parse(ipam);
        configuration["ipam"]!["dataDir"] = Path.Combine(_node.Folder, "host-local");
        var container = _node.AddContainer();

        // Debian's plugins do not speak 1.1.0; the result does.
        var answer = Send("ADD", container, configuration);

        Assert.Equal("1.1.0", answer.Result.GetProperty("cniVersion").GetString());
        Assert.Equal("10.1.17.2", AddressOf(answer));
        Assert.True(File.Exists(Path.Combine(Data, container.Id)));
        await Tool.RunAsync(container.Name, "ping -c 1 -W 5 10.1.17.1");
        File.Delete(_subnetFile);
        Send("DEL", container, Configuration());
        Send("DEL", container, Configuration());
        Assert.False(File.Exists(Path.Combine(Data, container.Id)));
        Assert.False(File.Exists(Path.Combine(_node.Folder, "host-local", "cbr0", "10.1.17.2")));
        Assert.Empty(_node.HostEnds);
    }

    [Fact]
    public void Del_DelegateFails_KeepsWhatTheNextDelNeeds()
    {
        var configuration = Configuration();
        configuration["delegate"] = JsonNode.Parse("""{"type":"bridge"}""");
        configuration["ipam"] = new JsonObject { ["dataDir"] = Path.Combine(_node.Folder, "host-local") };
        var container = _node.AddContainer();
        Send("ADD", container, configuration);

        var failed = new CniDriver(_node.Namespace, CniBinaries.Overlay, "/nowhere").Call(CniRequest.For("DEL", container, configuration.ToJsonString()));

        Assert.Equal(1, failed.Status);
        Assert.True(File.Exists(Path.Combine(Data, container.Id)));
        Send("DEL", container, configuration);
        Assert.Empty(_node.HostEnds);
    }

    /// <summary>What arrives of 80 Mbit a second of UDP, in bits a second: to the container, or from it (<c>-R</c>).</summary>
    private async Task<double> MeasureAsync(CniContainer container, string address, string direction)
    {
        await using var server = ChildProcess.Start(container.Name, "iperf3", ["-s", "-1", "--forceflush"]);
        await server.WaitForLineAsync("Server listening", TimeSpan.FromSeconds(20));
        var report = JsonNode.Parse(await Tool.RunAsync(_node.Name, $"iperf3 -c {address} -u -b 80M -l 1000 -t 2 -J {direction}".TrimEnd()))!;
        var sum = report["end"]!["sum"]!;
        var arrived = sum["packets"]!.GetValue<double>() - sum["lost_packets"]!.GetValue<double>();
        return arrived * 8_000 / sum["seconds"]!.GetValue<double>();
    }

    private static CniNode CreateNode()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        return new CniNode();
    }

    private static string AddressOf(CniAnswer answer) => answer.Result.GetProperty("ips")[0].GetProperty("address").GetString()!.Split('/')[0];

    private static MacAddress Mac(string text) => MacAddress.TryParse(text, out var mac) ? mac : throw new FormatException(text);

    private JsonObject Configuration() => new()
    {
        ["cniVersion"] = "1.1.0",
        ["name"] = "cbr0",
        ["type"] = "flannel",
        ["subnetFile"] = _subnetFile,
        ["dataDir"] = Data,
        ["delegate"] = new JsonObject { ["hairpinMode"] = true, ["isDefaultGateway"] = true },
    };

    private CniDriver Driver() => new(_node.Namespace, CniBinaries.Overlay, CniBinaries.Reference);

    private CniAnswer Call(string command, CniContainer container, JsonObject? configuration = null) =>
        Driver().Call(CniRequest.For(command, container, (configuration ?? Configuration()).ToJsonString()));

    private CniAnswer Send(string command, CniContainer container, JsonObject? configuration = null)
    {
        var answer = Call(command, container, configuration);
        Assert.True(answer.IsSuccess, answer.ToString());
        Assert.Empty(answer.Errors);
        return answer;
    }

    private string[] GatewayAddresses() => [.. _node.Route.ListAddresses(_node.Route.FindLink("cni0")!.Index).Where(entry => entry.Scope == 0).Select(entry => entry.Address.ToString())];
}
