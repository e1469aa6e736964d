using Overlay.Core.Diagnostics;
using Overlay.TestKit.Etcd;
using Overlay.TestKit.Kubernetes;

namespace Overlay.Kubernetes.Tests;

/// <summary>How the API server is reached: kubeconfig, TLS, tokens, and what is not said about them.</summary>
public sealed class AccessTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ovkube-").FullName;

    private string Kubeconfig => Path.Combine(_folder, "kubeconfig");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Acquire_OverTlsWithToken_Works()
    {
        await using var server = await StartAsync(new TestCertificates(_folder, "127.0.0.1"));
        server.Tokens["s3cret"] = "system:node:one";
        server.WriteKubeconfig(Kubeconfig, "token: s3cret");
        await using var member = Member(server);

        Assert.Equal("10.244.1.0-24", (await member.AcquireAsync()).Key);
        Assert.DoesNotContain("s3cret", member.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Acquire_OtherAuthority_IsNotTrusted_UntilTheFileHasTheRightOne()
    {
        var certificates = new TestCertificates(_folder, "127.0.0.1");
        await using var server = await StartAsync(certificates);
        server.WriteKubeconfig(Kubeconfig);
        // The server goes on with what it was started with when it has a connection; new handshakes take the new files.
        var foreign = new TestCertificates(Directory.CreateDirectory(Path.Combine(_folder, "foreign")).FullName, "127.0.0.1");
        File.WriteAllText(Kubeconfig, File.ReadAllText(Kubeconfig).Replace(certificates.Authority, foreign.Authority, StringComparison.Ordinal));
        await using var member = Member(server);
        var acquiring = member.AcquireAsync();
        await Eventually.IsAsync(() => ((IStoreHealth)member.Manager).StoreFault is not null, () => "no fault");

        Assert.False(acquiring.IsCompleted);
        Assert.DoesNotContain(server.Requests, _ => true);
        server.WriteKubeconfig(Kubeconfig);
        await acquiring;
    }

    [Fact]
    public async Task Acquire_TokenIsExchanged_GoesOnWithTheNewOne()
    {
        await using var server = await StartAsync();
        server.Tokens["first"] = "one";
        server.WriteKubeconfig(Kubeconfig, "token: first");
        await using var member = Member(server);
        var lease = await member.AcquireAsync();

        server.Tokens.Clear();
        server.Tokens["second"] = "one";
        server.WriteKubeconfig(Kubeconfig, "token: second");
        await member.Manager.UpdateAsync(lease, ClusterMember.Attributes("192.168.1.2"), TestContext.Current.CancellationToken);

        Assert.Equal("192.168.1.2", server.State.Annotation("one", "flannel.alpha.coreos.com/public-ip"));
    }

    [Fact]
    public async Task Acquire_TokenRefused_WaitsAndTellsNoSecret()
    {
        await using var server = await StartAsync();
        server.Tokens["right"] = "one";
        server.WriteKubeconfig(Kubeconfig, "token: wr0ng-s3cret");
        await using var member = Member(server);
        var acquiring = member.AcquireAsync();
        await Eventually.IsAsync(() => ((IStoreHealth)member.Manager).StoreFault is not null, () => "no fault");

        Assert.Contains("401 Unauthorized", ((IStoreHealth)member.Manager).StoreFault!, StringComparison.Ordinal);
        server.WriteKubeconfig(Kubeconfig, "token: right");
        await acquiring;
        Assert.DoesNotContain("s3cret", member.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Acquire_Forbidden_SaysWhatIsMissing_AndGoesOnWhenItIsGranted()
    {
        await using var server = await StartAsync();
        server.Rules.Add("list nodes");
        await using var member = new ClusterMember(server);
        var acquiring = member.AcquireAsync();
        await Eventually.IsAsync(() => ((IStoreHealth)member.Manager).StoreFault is not null, () => "no fault");

        Assert.Contains("cannot get resource \"nodes\"", ((IStoreHealth)member.Manager).StoreFault!, StringComparison.Ordinal);
        server.Rules.Clear();
        await acquiring;
    }

    [Theory]
    [InlineData("users: [s3cret: {{", "is no YAML that can be read")]
    [InlineData("apiVersion: v1\nkind: Config\ncurrent-context: none\n", "cannot be used")]
    public async Task Acquire_UnusableKubeconfig_SaysWhichFile_AndNotWhatIsInIt(string text, string complaint)
    {
        await using var server = await StartAsync();
        File.WriteAllText(Kubeconfig, text);
        await using var member = Member(server);
        var acquiring = member.AcquireAsync();
        await Eventually.IsAsync(() => ((IStoreHealth)member.Manager).StoreFault is not null || acquiring.IsCompleted, () => "no fault");
        var fault = ((IStoreHealth)member.Manager).StoreFault ?? (await Assert.ThrowsAnyAsync<Exception>(() => acquiring)).Message;

        Assert.Contains(Kubeconfig, fault, StringComparison.Ordinal);
        Assert.Contains(complaint, fault, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", member.Log.Text + fault, StringComparison.Ordinal);
        server.WriteKubeconfig(Kubeconfig);
        await acquiring;
    }

    [Fact]
    public async Task Acquire_ServerTooBusy_WaitsAndTriesAgain()
    {
        await using var server = await StartAsync();
        var busy = 3;
        server.Fail = _ => busy-- > 0 ? 429 : 0;
        await using var member = new ClusterMember(server);

        await member.AcquireAsync();

        Assert.True(busy < 0);
    }

    private static async Task<ApiServer> StartAsync(TestCertificates? certificates = null)
    {
        var server = await ApiServer.StartAsync(new ApiServerOptions { Certificates = certificates });
        server.State.Add(ClusterNode.Create("one", "10.244.1.0/24"));
        return server;
    }

    private ClusterMember Member(ApiServer server) => new(server, configure: options => (options.KubeconfigFile, options.ApiUrl) = (Kubeconfig, ""));
}
