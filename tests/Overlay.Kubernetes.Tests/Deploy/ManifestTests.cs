using System.Runtime.Versioning;
using Overlay.Core.Leases;
using Overlay.TestKit.Agents;
using Overlay.TestKit.Kubernetes;
using Overlay.TestKit.Leases;

namespace Overlay.Kubernetes.Tests.Deploy;

/// <summary>deploy/kube-overlay.yml as it is applied.</summary>
public sealed class ManifestTests
{
    private static Manifest Committed => new(File.ReadAllText(Path.Combine(Repository.Root, "deploy/kube-overlay.yml")));

    [Fact]
    public void Manifest_IsWhatKubernetesKnows()
    {
        var manifest = Committed;

        Assert.Equal(6, manifest.Count);
        Assert.Equal("privileged", manifest.Namespace!.Metadata.Labels["pod-security.kubernetes.io/enforce"]);
        Assert.Equal(["install-cni-plugin", "install-cni"], manifest.Pod.InitContainers.Select(container => container.Name));
        Assert.Equal("vxlan", manifest.Parse().Backend.Type);
        Assert.True(manifest.Pod is { HostNetwork: true, PriorityClassName: "system-node-critical" });
    }

    /// <summary>The server refuses what the role does not allow: the role is enough, and no rule of it is idle.</summary>
    [Fact]
    public async Task Role_IsEnoughAndNoMore()
    {
        await using var server = await ApiServer.StartAsync();
        server.State.Add(ClusterNode.Create("one"));
        server.Rules.UnionWith(Committed.Rules);
        await using var member = new ClusterMember(server);
        var acquiring = member.AcquireAsync();
        await Eventually.IsAsync(() => server.State.Events.Count > 0, () => member.Log.Text);
        server.State.Change("one", node => node["spec"]!["podCIDR"] = "10.244.1.0/24");
        var lease = await acquiring;
        await using (var batches = member.Watch())
        {
            Assert.Single(Assert.IsType<LeaseBatch.Snapshot>(await batches.NextAsync()).Leases);
        }

        await member.Manager.ReleaseAsync(lease, TestContext.Current.CancellationToken);

        Assert.Equal(["create events", "get nodes", "list nodes", "patch nodes/status", "watch nodes"], Committed.Rules.Order(StringComparer.Ordinal));
        Assert.DoesNotContain("forbidden", member.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task Install_ExistingFile_IsReplacedAsAWhole()
    {
        var folder = Directory.CreateTempSubdirectory("ovinst-").FullName;
        try
        {
            var (source, target) = (Path.Combine(folder, "source"), Path.Combine(folder, "target"));
            await File.WriteAllTextAsync(source, "new", TestContext.Current.CancellationToken);
            await File.WriteAllTextAsync(target, "old", TestContext.Current.CancellationToken);
            File.SetUnixFileMode(source, UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.OtherRead);
            using var reader = File.OpenText(target);

            var result = await Tool.TryRunAsync(null, Path.Combine(Repository.Root, "deploy/install"), [source, target]);

            Assert.True(result.Status == 0, result.Text);
            Assert.Equal(("old", "new"), (await reader.ReadToEndAsync(TestContext.Current.CancellationToken), await File.ReadAllTextAsync(target, TestContext.Current.CancellationToken)));
            Assert.Equal(File.GetUnixFileMode(source), File.GetUnixFileMode(target));
            Assert.Equal(2, Directory.EnumerateFileSystemEntries(folder).Count());
            Assert.NotEqual(0, (await Tool.TryRunAsync(null, Path.Combine(Repository.Root, "deploy/install"), [source, Path.Combine(folder, "no/such")])).Status);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>kubectl is as strict as a client can be about what a server answers: it reads and changes the double's nodes.</summary>
    [Fact]
    public async Task Double_AsKubectlSeesIt_IsAnApiServer()
    {
        Assert.SkipUnless((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(path => File.Exists(Path.Combine(path, "kubectl"))), "needs kubectl");
        await using var server = await ApiServer.StartAsync();
        server.State.Add(ClusterNode.CreateFlannel("one", "10.244.1.0/24", "192.0.2.1", "02:00:00:00:00:01"));
        server.State.Add(ClusterNode.Create("two", "10.244.2.0/24"));

        Assert.Equal("one=10.244.1.0/24 two=10.244.2.0/24", (await KubectlAsync(server, "get nodes --chunk-size=1 -o jsonpath={range.items[*]}{.metadata.name}={.spec.podCIDR}_{end}")).Replace('_', ' ').Trim());
        await KubectlAsync(server, "annotate node two flannel.alpha.coreos.com/node-public-ip=192.0.2.2");
        Assert.Equal("192.0.2.2", server.State.Annotation("two", "flannel.alpha.coreos.com/node-public-ip"));
        Assert.Contains("NotFound", await KubectlAsync(server, "get node three", expected: 1), StringComparison.Ordinal);
    }

    private static async Task<string> KubectlAsync(ApiServer server, string command, int expected = 0)
    {
        var result = await Tool.TryRunAsync(null, "kubectl", ["--server", server.Url, "--cache-dir", Path.GetTempPath() + "/ovkube-cache", .. command.Split(' ')]);
        return result.Status == expected ? result.Text : throw new InvalidOperationException($"kubectl {command} ended with {result.Status}: {result.Text}");
    }
}
