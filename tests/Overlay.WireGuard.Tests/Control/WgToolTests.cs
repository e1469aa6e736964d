using System.Globalization;

using Overlay.TestKit.Agents;
using Overlay.WireGuard.Control.Uapi;

namespace Overlay.WireGuard.Tests.Control;

/// <summary>Debian's <c>wg</c> is the client.</summary>
[Trait("Needs", "root")]
public sealed class WgToolTests : IAsyncLifetime
{
    private const string Key = "6EtabScXwQA6E7QxVwNT26ypFGzxUMX4V1aA/rpSAno=";
    private const string Peer1 = "uFmW/sycfx/G0lcqdu2hHVm80gvo5UOxXOS9hajnWjM=";
    private const string Peer2 = "WEAuaVuhdyscyTCXVfBDJR6nf9zxD75jmJzrfhkyE3Y=";
    private const string Preshared = "GIUVCT6VL18i6GXO8wEucvi18LWYrAMJ1drM47cPz1I=";

    private static int _lastNumber;
    private readonly string _name = string.Create(CultureInfo.InvariantCulture, $"ovu{Environment.ProcessId % 1_000_000}x{Interlocked.Increment(ref _lastNumber)}");
    private readonly string _file = Path.GetTempFileName();
    private MemoryDevice _device = null!;
    private UapiServer _server = null!;

    public ValueTask InitializeAsync()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        _device = new MemoryDevice(_name) { TakenPort = 4711 };
        _server = UapiServer.Start(_device, UapiSocket.Open(_name));
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        File.Delete(_file);
        if (_server is not null)
        {
            await _server.DisposeAsync();
            await _device.DisposeAsync();
        }
    }

    [Fact]
    public async Task Set_OfEverything_IsShown()
    {
        await File.WriteAllTextAsync(_file, Key, TestContext.Current.CancellationToken);
        var preshared = _file + ".psk";
        await File.WriteAllTextAsync(preshared, Preshared, TestContext.Current.CancellationToken);
        try
        {
            await WgAsync($"set NAME listen-port 51820 fwmark 0x1234 private-key {_file} peer {Peer1} preshared-key {preshared} endpoint 192.0.2.1:51821 persistent-keepalive 25 allowed-ips 10.1.0.0/16,2001:db8::/32 peer {Peer2} endpoint [2001:db8::2]:7");
        }
        finally
        {
            File.Delete(preshared);
        }

        Assert.Contains(_name, await WgAsync("show interfaces"), StringComparison.Ordinal);
        Assert.Equal(Key, await WgAsync("show NAME private-key"));
        Assert.Equal("51820", await WgAsync("show NAME listen-port"));
        Assert.Equal("0x1234", await WgAsync("show NAME fwmark"));
        Assert.Equal($"{Peer1}\n{Peer2}", await WgAsync("show NAME peers"));
        Assert.Equal($"{Peer1}\t{Preshared}\n{Peer2}\t(none)", await WgAsync("show NAME preshared-keys"));
        Assert.Equal($"{Peer1}\t192.0.2.1:51821\n{Peer2}\t[2001:db8::2]:7", await WgAsync("show NAME endpoints"));
        Assert.Equal($"{Peer1}\t10.1.0.0/16 2001:db8::/32\n{Peer2}\t(none)", await WgAsync("show NAME allowed-ips"));
        Assert.Equal($"{Peer1}\t25\n{Peer2}\toff", await WgAsync("show NAME persistent-keepalive"));
        Assert.Equal($"{Peer1}\t92\t148\n{Peer2}\t92\t148", await WgAsync("show NAME transfer"));
        Assert.Equal($"{Peer1}\t1700000000\n{Peer2}\t1700000000", await WgAsync("show NAME latest-handshakes"));
    }

    [Fact]
    public async Task ShowConf_OfSetConf_IsTheSame()
    {
        var configuration = Configuration(Peer(Peer1, "10.1.0.0/16, 10.2.0.0/16", $"PresharedKey = {Preshared}\nEndpoint = 192.0.2.1:51821\nPersistentKeepalive = 25\n"));
        await FeedAsync("setconf", configuration);

        var shown = await WgAsync("showconf NAME");
        await FeedAsync("setconf", shown);

        Assert.Equal(shown, await WgAsync("showconf NAME"));
        foreach (var line in configuration.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            Assert.Contains(line, shown, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task SyncConf_ChangesOnlyWhatDiffers()
    {
        await FeedAsync("setconf", Configuration(Peer(Peer1, "10.1.0.0/16, 10.2.0.0/16") + Peer(Peer2, "10.3.0.0/16")));

        await FeedAsync("syncconf", Configuration(Peer(Peer1, "10.1.0.0/16, 10.4.0.0/16")));

        Assert.Equal($"{Peer1}\t10.1.0.0/16 10.4.0.0/16", await WgAsync("show NAME allowed-ips"));
    }

    [Fact]
    public async Task AddConf_KeepsWhatIsThere()
    {
        await FeedAsync("setconf", Configuration(Peer(Peer1, "10.1.0.0/16")));

        await FeedAsync("addconf", Peer(Peer2, "10.3.0.0/16"));

        Assert.Equal($"{Peer1}\t10.1.0.0/16\n{Peer2}\t10.3.0.0/16", await WgAsync("show NAME allowed-ips"));
        Assert.Equal("51820", await WgAsync("show NAME listen-port"));
    }

    [Fact]
    public async Task Set_Remove_TakesThePeerAway()
    {
        await FeedAsync("setconf", Configuration(Peer(Peer1, "10.1.0.0/16") + Peer(Peer2, "10.3.0.0/16")));

        await WgAsync($"set NAME peer {Peer1} remove");

        Assert.Equal(Peer2, await WgAsync("show NAME peers"));
    }

    [Fact]
    public async Task Set_OfATakenPort_TellsTheUser()
    {
        var result = await Tool.TryRunAsync(null, "wg", ["set", _name, "listen-port", "4711"]);

        Assert.Equal(1, result.Status);
        Assert.Contains("Address already in use", result.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SetConf_Of130000AllowedIps_ReadsBack()
    {
        var prefixes = Enumerable.Range(0, 130_000).Select(i => $"10.{i >> 16}.{(i >> 8) & 255}.{i & 255}/32").ToArray();

        await FeedAsync("setconf", Configuration(Peer(Peer1, string.Join("\nAllowedIPs = ", prefixes.Chunk(1000).Select(some => string.Join(", ", some))))));

        var shown = (await WgAsync("show NAME allowed-ips")).Split('\t')[1].Split(' ');
        Assert.Equal(prefixes, shown);
    }

    [Fact]
    public async Task Socket_OfAProcessThatIsGone_IsNotShown()
    {
        var stale = UapiSocket.Open(_name + "y");
        stale.Abandon();

        Assert.DoesNotContain(_name + "y", await WgAsync("show interfaces"), StringComparison.Ordinal);
        Assert.False(File.Exists(stale.Path));
    }

    private static string Configuration(string peers) => $"[Interface]\nListenPort = 51820\nPrivateKey = {Key}\n{peers}";

    private static string Peer(string key, string allowedIps, string more = "") => $"[Peer]\nPublicKey = {key}\nAllowedIPs = {allowedIps}\n{more}";

    private async Task FeedAsync(string command, string configuration)
    {
        await File.WriteAllTextAsync(_file, configuration, TestContext.Current.CancellationToken);
        await WgAsync($"{command} NAME {_file}");
    }

    private Task<string> WgAsync(string command) => Tool.RunAsync(null, "wg " + command.Replace("NAME", _name, StringComparison.Ordinal));
}
