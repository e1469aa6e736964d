using Microsoft.Extensions.Logging.Testing;
using Overlay.Core.Configuration;
using Overlay.TestKit.Leases;
using Xunit;

namespace Overlay.Core.Tests.Configuration;

public sealed class FileConfigurationSourceTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory($"ovleases{Environment.ProcessId}-");
    private readonly FakeLogger<FileConfigurationSource> _logger = new();

    private string FilePath => Path.Combine(_folder.FullName, "net-conf.json");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Watch_FileChanges_GivesTheNewOneAndKeepsItThroughABadOne()
    {
        await File.WriteAllTextAsync(FilePath, """{"Network":"10.1.0.0/16"}""", TestContext.Current.CancellationToken);
        await using var watch = Source().WatchAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.Equal("10.1.0.0/16", (await watch.NextAsync()).Network.ToString());
        var next = watch.NextAsync();

        await File.WriteAllTextAsync(FilePath, "{", TestContext.Current.CancellationToken);
        await LoggedAsync("cannot be used any more");
        Assert.False(next.IsCompleted);
        await File.WriteAllTextAsync(FilePath + ".new", """{"Network":"10.2.0.0/16"}""", TestContext.Current.CancellationToken);
        File.Move(FilePath + ".new", FilePath, overwrite: true);

        Assert.Equal("10.2.0.0/16", (await next).Network.ToString());
    }

    // A mounted ConfigMap: net-conf.json -> ..data/net-conf.json, and ..data is a link that is exchanged.
    [Fact]
    public async Task Watch_ExchangedLink_GivesTheNewOne()
    {
        foreach (var (version, network) in new[] { ("..1", "10.1.0.0/16"), ("..2", "10.2.0.0/16") })
        {
            _folder.CreateSubdirectory(version);
            await File.WriteAllTextAsync(Path.Combine(_folder.FullName, version, "net-conf.json"), $$"""{"Network":"{{network}}"}""", TestContext.Current.CancellationToken);
        }

        File.CreateSymbolicLink(Path.Combine(_folder.FullName, "..data"), "..1");
        File.CreateSymbolicLink(FilePath, "..data/net-conf.json");
        await using var watch = Source().WatchAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        await watch.NextAsync();
        var next = watch.NextAsync();

        File.Delete(Path.Combine(_folder.FullName, "..data"));
        File.CreateSymbolicLink(Path.Combine(_folder.FullName, "..data"), "..2");

        Assert.Equal("10.2.0.0/16", (await next).Network.ToString());
    }

    [Fact]
    public async Task Watch_FirstTextIsBad_Throws()
    {
        await using var watch = Source().WatchAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);

        await Assert.ThrowsAsync<ConfigurationException>(() => watch.NextAsync());
    }

    private FileConfigurationSource Source() =>
        new(FilePath, new NetworkConfigurationParser(new Dictionary<string, IBackendSettings?> { ["vxlan"] = null }), _logger);

    private async Task LoggedAsync(string text)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!_logger.Collector.GetSnapshot().Any(record => record.Message.Contains(text, StringComparison.Ordinal)))
        {
            await Task.Delay(5, deadline.Token);
        }
    }
}
