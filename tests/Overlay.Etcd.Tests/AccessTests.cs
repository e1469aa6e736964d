using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Overlay.Core.Configuration;
using Overlay.Core.Leases;
using Overlay.TestKit.Etcd;
using Overlay.TestKit.Leases;
using Xunit;

namespace Overlay.Etcd.Tests;

/// <summary>Certificates and passwords.</summary>
public sealed class AccessTests : EtcdTest
{
    private const string Password = "correct horse battery staple";

    [Fact]
    public async Task Tls_AuthorityAlone_IsEnough()
    {
        using var folder = new TemporaryFolder();
        var certificates = new TestCertificates(folder.Path, "127.0.0.1");
        await using var cluster = await EtcdCluster.StartAsync(new EtcdClusterOptions { Certificates = certificates });

        Assert.Empty((await Open(cluster, options => options.CertificateAuthorityFile = certificates.Authority).ReadAsync(Cancellation)).Entries);
        var refusal = await Assert.ThrowsAsync<LeaseStoreException>(() => Open(cluster).ReadAsync(Cancellation).AsTask());
        Assert.Contains("certificate", refusal.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Tls_ServerOfAnotherName_IsRefused()
    {
        using var folder = new TemporaryFolder();
        var certificates = new TestCertificates(folder.Path, "127.0.0.1", "127.0.0.77");
        var others = new TestCertificates(Directory.CreateDirectory(Path.Combine(folder.Path, "others")).FullName, "127.0.0.77");
        await using var cluster = await EtcdCluster.StartAsync(new EtcdClusterOptions { Certificates = certificates });
        File.Copy(others.Authority, certificates.Authority, overwrite: true);
        File.Copy(others.Server, certificates.Server, overwrite: true);
        File.Copy(others.ServerKey, certificates.ServerKey, overwrite: true);

        await Assert.ThrowsAsync<LeaseStoreException>(() => Open(cluster, options => options.CertificateAuthorityFile = others.Authority).ReadAsync(Cancellation).AsTask());
    }

    [Fact]
    public async Task Tls_ClientCertificateDemanded_IsShown()
    {
        using var folder = new TemporaryFolder();
        var certificates = new TestCertificates(folder.Path, "127.0.0.1");
        await using var cluster = await EtcdCluster.StartAsync(new EtcdClusterOptions { Certificates = certificates, DemandsClientCertificate = true });

        Assert.Empty((await Open(cluster, With(certificates)).ReadAsync(Cancellation)).Entries);
        await Assert.ThrowsAsync<LeaseStoreException>(() => Open(cluster, options => options.CertificateAuthorityFile = certificates.Authority).ReadAsync(Cancellation).AsTask());
    }

    [Fact]
    public async Task Tls_AllCertificatesReplaced_GoesOnWithTheNewFiles()
    {
        using var folder = new TemporaryFolder();
        var certificates = new TestCertificates(folder.Path, "127.0.0.1");
        await using var cluster = await EtcdCluster.StartAsync(new EtcdClusterOptions { Certificates = certificates, DemandsClientCertificate = true });
        using var node = new TestNode(Open(cluster, With(certificates)), TimeProvider.System, "192.168.64.9", """{"Network":"10.244.0.0/16"}""");
        await using var batches = node.Manager.WatchAsync(Cancellation).GetAsyncEnumerator(Cancellation);
        await batches.NextAsync();
        var next = batches.NextAsync(TimeSpan.FromSeconds(60));

        certificates.Renew();
        await cluster.Members[0].KillAsync();
        cluster.Restart(cluster.Members[0]);
        await cluster.WaitUntilServingAsync();
        await PutLeaseAsync(cluster, "10.244.1.0-24", """{"PublicIP":"10.0.0.1","BackendType":"vxlan"}""");

        Assert.IsType<LeaseBatch.Changes>(await next);
    }

    [Theory]
    [InlineData("no-such-file.pem", "no-such-file.pem cannot be used")]
    [InlineData("no.pem", "no.pem cannot be used: it has no certificate in PEM form")]
    public async Task Tls_FileThatIsNoCertificate_IsNamed(string name, string message)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(Path.Combine(folder.Path, "no.pem"), "nothing");
        var options = new EtcdOptions { CertificateAuthorityFile = Path.Combine(folder.Path, name) };
        options.Endpoints.Add(new Uri("https://127.0.0.1:1"));
        using var client = EtcdServer.Connect(options);

        var refusal = await Assert.ThrowsAsync<LeaseStoreException>(() => EtcdServer.Store(client, Prefix).ReadAsync(Cancellation).AsTask());

        Assert.Contains(message, refusal.Message, StringComparison.Ordinal);
        Assert.False(refusal.IsTransient);
    }

    [Fact]
    public async Task Password_RightWrongAndNone_AreToldApartAndNeverLogged()
    {
        await using var cluster = await EtcdCluster.StartAsync();
        await cluster.DemandPasswordAsync(Password, Prefix);
        var log = new Journal();

        var store = Open(cluster, WithPassword(Password), log);
        Assert.True((await store.TryWriteAsync(Put("a", "one", timeToLive: TimeSpan.FromMinutes(1)), Cancellation)).IsWritten);
        var wrong = await Assert.ThrowsAsync<LeaseStoreException>(() => Open(cluster, WithPassword("hunter2 hunter2"), log).ReadAsync(Cancellation).AsTask());
        var none = await Assert.ThrowsAsync<LeaseStoreException>(() => Open(cluster, logger: log).ReadAsync(Cancellation).AsTask());
        var stranger = EtcdServer.Store(Connect(cluster, WithPassword(Password), log), "/forbidden");
        var forbidden = await Assert.ThrowsAsync<LeaseStoreException>(() => stranger.ReadAsync(Cancellation).AsTask());
        await using var watch = stranger.WatchAsync(1, null, Cancellation).GetAsyncEnumerator(Cancellation);
        var unwatched = await Assert.ThrowsAsync<LeaseStoreException>(() => watch.MoveNextAsync().AsTask());

        Assert.Contains("invalid user ID or password", wrong.Message, StringComparison.Ordinal);
        Assert.Contains("user name is empty", none.Message, StringComparison.Ordinal);
        Assert.Contains("permission denied", forbidden.Message, StringComparison.Ordinal);
        Assert.Contains("permission denied", unwatched.Message, StringComparison.Ordinal);
        Assert.All(new[] { wrong, none, forbidden, unwatched }, refusal => Assert.False(refusal.IsTransient));
        Assert.All([.. log.Lines, $"{wrong}", $"{none}", $"{forbidden}", $"{unwatched}"], text => Assert.DoesNotContain("hunter2", text, StringComparison.Ordinal));
        Assert.All([.. log.Lines, $"{forbidden}", $"{unwatched}"], text => Assert.DoesNotContain(Password, text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Password_TokenForgottenByEtcd_IsAskedForAgain()
    {
        await using var cluster = await EtcdCluster.StartAsync();
        await cluster.DemandPasswordAsync(Password, Prefix);
        var store = Open(cluster, WithPassword(Password));
        var version = (await store.TryWriteAsync(Put("a", "one"), Cancellation)).Entry!.Version;

        // etcd keeps simple tokens in memory.
        await cluster.Members[0].KillAsync();
        cluster.Restart(cluster.Members[0]);
        await cluster.WaitUntilServingAsync();

        await using var notices = store.WatchAsync(version, null, Cancellation).GetAsyncEnumerator(Cancellation);
        Assert.True((await store.TryWriteAsync(Put("a", "two", version), Cancellation)).IsWritten);
        Assert.Equal("a", Assert.Single((await NextChangesAsync(notices)).Items).Key);
    }

    [Fact]
    public async Task Password_TokenExpires_IsAskedForAgain()
    {
        await using var cluster = await EtcdCluster.StartAsync(new EtcdClusterOptions { Flags = ["--auth-token-ttl", "1"] });
        await cluster.DemandPasswordAsync(Password, Prefix);
        var store = Open(cluster, WithPassword(Password));
        await store.ReadAsync(Cancellation);
        await Task.Delay(TimeSpan.FromSeconds(3), Cancellation); // The token's life is the case.

        Assert.Empty((await store.ReadAsync(Cancellation)).Entries);
    }

    [Fact]
    public async Task Password_DemandedWhileRunning_IsGiven()
    {
        await using var cluster = await EtcdCluster.StartAsync();
        var store = Open(cluster, WithPassword(Password));
        await store.ReadAsync(Cancellation);

        await cluster.DemandPasswordAsync(Password, Prefix);

        Assert.Empty((await store.ReadAsync(Cancellation)).Entries);
    }

    [Fact]
    public void Options_HalfOfAPairOrAnotherScheme_AreAllReported()
    {
        var options = new EtcdOptions { CertificateFile = "a.pem", Password = "secret!" };
        options.Endpoints.Add(new Uri("ftp://x"));

        var mistakes = Assert.Throws<ConfigurationException>(() => EtcdOptionsCheck.Run(options));

        Assert.Equal(["etcd endpoint", "etcd key", "etcd user"], mistakes.Mistakes.Select(mistake => mistake.Where));
        Assert.DoesNotContain("secret!", mistakes.Message, StringComparison.Ordinal);
    }

    private static Action<EtcdOptions> With(TestCertificates certificates) => options =>
        (options.CertificateAuthorityFile, options.CertificateFile, options.KeyFile) = (certificates.Authority, certificates.Client, certificates.ClientKey);

    private static Action<EtcdOptions> WithPassword(string password) => options => (options.Username, options.Password) = ("flannel", password);

    private sealed class Journal : ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue($"{formatter(state, exception)} {exception}");
    }

    private sealed class TemporaryFolder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("ovetcd-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
