using System.Text.Json;
using Overlay.TestKit.Agents;

namespace Overlay.Kubernetes.Tests.Deploy;

/// <summary>The chart, rendered by the real Helm and read strictly by Kubernetes' own models.</summary>
[Trait("Needs", "helm")]
public sealed class ChartTests
{
    [Theory]
    [InlineData("", """{"Backend":{"Type":"vxlan"},"EnableNFTables":false,"Network":"10.244.0.0/16"}""")]
    [InlineData("--set podCidrv6=fd00:244::/48", """{"Backend":{"Type":"vxlan"},"EnableIPv6":true,"EnableNFTables":false,"IPv6Network":"fd00:244::/48","Network":"10.244.0.0/16"}""")]
    [InlineData("--set podCidr= --set podCidrv6=fd00:244::/48", """{"Backend":{"Type":"vxlan"},"EnableIPv4":false,"EnableIPv6":true,"EnableNFTables":false,"IPv6Network":"fd00:244::/48"}""")]
    [InlineData("--set flannel.backendPort=4789 --set flannel.vni=4096 --set flannel.mtu=1400 --set flannel.GBP=true --set flannel.directRouting=true --set flannel.macPrefix=0E-2A",
        """{"Backend":{"DirectRouting":true,"GBP":true,"MTU":1400,"MacPrefix":"0E-2A","Port":4789,"Type":"vxlan","VNI":4096},"EnableNFTables":false,"Network":"10.244.0.0/16"}""")]
    [InlineData("--set flannel.backend=host-gw --set flannel.enableNFTables=true --set flannel.vni=7", """{"Backend":{"Type":"host-gw"},"EnableNFTables":true,"Network":"10.244.0.0/16"}""")]
    // flannel's chart writes the mode without quotes (flannel-facts 10.5).
    [InlineData("--set flannel.backend=wireguard --set flannel.tunnelMode=auto --set flannel.backendPort=51821 --set flannel.backendPortv6=51822 --set flannel.keepaliveInterval=25",
        """{"Backend":{"ListenPort":51821,"ListenPortV6":51822,"Mode":"auto","PersistentKeepaliveInterval":25,"Type":"wireguard"},"EnableNFTables":false,"Network":"10.244.0.0/16"}""")]
    [InlineData("--set flannel.backend=wireguard --set-string overlay.backendSettings.Device=userspace", """{"Backend":{"Device":"userspace","Type":"wireguard"},"EnableNFTables":false,"Network":"10.244.0.0/16"}""")]
    public async Task Render_Values_MakeAConfigurationThatTheAgentTakes(string values, string configuration)
    {
        var manifest = await RenderAsync(values);

        Assert.Equal(configuration, manifest.NetConf);
        _ = manifest.Parse();
        Assert.Equal("cbr0", JsonDocument.Parse(manifest.Configuration.Data["cni-conf.json"]).RootElement.GetProperty("name").GetString());
    }

    [Theory]
    [InlineData("", new[] { "NET_ADMIN", "NET_RAW" }, new string[0])]
    [InlineData("--set overlay.workloadMtu.follow=true", new[] { "NET_ADMIN", "NET_RAW", "SYS_ADMIN" }, new[] { "/run/netns" })]
    [InlineData("--set overlay.wireguard.userspace=true", new[] { "NET_ADMIN", "NET_RAW" }, new[] { "/dev/net/tun" })]
    [InlineData("--set overlay.wireguard.userspace=true --set overlay.workloadMtu.follow=true", new[] { "NET_ADMIN", "NET_RAW", "SYS_ADMIN" }, new[] { "/dev/net/tun", "/run/netns" })]
    public async Task Render_Profile_GivesExactlyItsPrivileges(string values, string[] capabilities, string[] paths)
    {
        var manifest = await RenderAsync(values);
        var security = manifest.Agent.SecurityContext;

        Assert.Equal(capabilities, security.Capabilities.Add);
        Assert.Equal(["ALL"], security.Capabilities.Drop);
        Assert.True(security is { Privileged: false, AllowPrivilegeEscalation: false });
        string[] always = ["/etc/cni/net.d", "/opt/cni/bin", "/run/flannel", "/run/overlay", "/run/xtables.lock", "/var/lib/overlay"];
        Assert.Equal(always.Concat(paths).Order(StringComparer.Ordinal), manifest.Pod.Volumes.Where(volume => volume.HostPath is not null).Select(volume => volume.HostPath.Path).Order(StringComparer.Ordinal));
        Assert.All(manifest.Agent.VolumeMounts, mount => Assert.Contains(manifest.Pod.Volumes, volume => volume.Name == mount.Name));
    }

    [Fact]
    public async Task Render_HealthPortZero_HasNoFlagPortAndProbes()
    {
        var agent = (await RenderAsync("--set flannel.healthz.port=0")).Agent;

        Assert.DoesNotContain(agent.Args, argument => argument.Contains("healthz", StringComparison.Ordinal));
        Assert.True(agent.Ports is null && agent.LivenessProbe is null && agent.ReadinessProbe is null);
        var usual = (await RenderAsync("")).Agent;
        Assert.Equal(["--ip-masq", "--kube-subnet-mgr", "--healthz-port=8081"], usual.Args);
        Assert.True(usual.LivenessProbe is { HttpGet.Path: "/healthz", InitialDelaySeconds: 10, PeriodSeconds: 30 });
        Assert.True(usual.ReadinessProbe is { HttpGet.Path: "/readyz", InitialDelaySeconds: 5, PeriodSeconds: 10 });
    }

    [Fact]
    public async Task Render_OtherValuesOfFlannel_AreTaken()
    {
        var manifest = await RenderAsync(
            "--set netpol.enabled=true --set flannel.skipCNIConfigInstallation=true --set flannel.cniBinDir=/usr/lib/cni --set flannel.image.repository=r/o --set flannel.image.tag=t "
            + "--set flannel.flannel_cni.image.repository=r/c --set flannel.flannel_cni.image.tag=u --set global.imagePullSecrets[0].name=s --set flannel.nodeSelector.a=b --set overlay.podLabels.team=net "
            + "--set overlay.extraEnv[0].name=OVERLAYD_LOG_FORMAT --set overlay.extraEnv[0].value=json");

        Assert.Equal(("r/o:t", "r/c:u"), (manifest.Agent.Image, Assert.Single(manifest.Pod.InitContainers).Image));
        Assert.Equal(["kube-overlay", "kube-network-policies"], manifest.Pod.Containers.Select(container => container.Name));
        Assert.Contains("list networkpolicies", manifest.Rules);
        Assert.Equal("/usr/lib/cni", manifest.Pod.Volumes.Single(volume => volume.Name == "cni-plugin").HostPath.Path);
        Assert.Equal(("b", "net", "json"), (manifest.Pod.NodeSelector["a"], manifest.DaemonSet.Spec.Template.Metadata.Labels["team"], manifest.Agent.Env[^1].Value));
    }

    [Fact]
    public async Task Lint_Chart_HasNoMistakes()
    {
        RequireHelm();
        var lint = await Tool.TryRunAsync(null, "helm", ["lint", "--strict", Repository.Chart]);

        Assert.True(lint.Status == 0, lint.Text);
    }

    [Fact]
    public async Task Manifest_IsTheRenderedChart()
    {
        RequireHelm();
        var check = await Tool.TryRunAsync(null, Path.Combine(Repository.Root, "deploy/render"), ["--check"]);

        Assert.True(check.Status == 0, "Run deploy/render.\n" + check.Text);
    }

    private static async Task<Manifest> RenderAsync(string values)
    {
        RequireHelm();
        var result = await Tool.TryRunAsync(null, "helm", ["template", "overlay", Repository.Chart, "--namespace", "kube-overlay", .. values.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        return result.Status == 0 ? new Manifest(result.Text) : throw new InvalidOperationException(result.Text);
    }

    private static void RequireHelm() => Assert.SkipUnless((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, "helm"))), "needs helm");
}
