using System.Globalization;
using System.Text;
using Overlay.TestKit.WireGuard;
using Overlay.WireGuard.Cli.Tests.World;

namespace Overlay.WireGuard.Cli.Tests.Behaviour;

/// <summary>What is set by <c>wg</c> reads back, however much it is. Needs root.</summary>
[Trait("Needs", "root")]
public sealed class ConfigurationTests : IAsyncLifetime
{
    private Lab _lab = null!;
    private WireGuardInterface _device = null!;

    public async ValueTask InitializeAsync()
    {
        _lab = new Lab();
        _device = await _lab.StartAsync(await _lab.AddAsync("home"));
        await _device.SetUpAsync(Tunnel.LeftPort);
    }

    public ValueTask DisposeAsync() => _lab.DisposeAsync();

    /// <summary>An answer of megabytes: 510 networks of 256 addresses, and one more.</summary>
    [Fact]
    public async Task AllowedIps_OneHundredAndThirtyThousandOfOnePeer_ReadBack()
    {
        var prefixes = Enumerable.Range(0, 130_560).Select(i => string.Create(CultureInfo.InvariantCulture, $"{10 + (i >> 16)}.{(i >> 8) & 255}.{i & 255}.0/24")).Append("fd00::/8").ToArray();
        var key = WireGuardInterface.NewKey();

        await _device.AddPeersAsync(Section(key, prefixes));

        Assert.Equal(130_561, prefixes.Length);
        Assert.Equal(prefixes.ToHashSet(), (await _device.ShowPeerAsync("allowed-ips", key)).ToHashSet());
    }

    /// <summary>Sizes about which an answer is likely to be cut in a wrong place: many of few, few of many, none.</summary>
    [Theory]
    [InlineData(40, 52)]
    [InlineData(29, 2)]
    [InlineData(1, 197)]
    [InlineData(1000, 0)]
    public async Task Peers_SoManyWithSoManyPrefixes_ReadBackEachWithItsOwn(int peers, int prefixes)
    {
        var expected = Enumerable.Range(1, peers).ToDictionary(
            _ => WireGuardInterface.NewKey(),
            peer => Enumerable.Range(1, prefixes).Select(i => string.Create(CultureInfo.InvariantCulture, $"fd00:{peer:x}:{i:x}::/48")).ToArray());

        await _device.AddPeersAsync(string.Concat(expected.Select(peer => Section(peer.Key, peer.Value))));

        var lines = (await _device.ShowAsync("allowed-ips")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(peers, lines.Length);
        foreach (var words in lines.Select(line => line.Split(['\t', ' '])))
        {
            Assert.Equal(prefixes == 0 ? ["(none)"] : expected[words[0]].ToHashSet(), words[1..].ToHashSet());
        }
    }

    [Fact]
    public async Task Peers_ReadBackInTheOrderInWhichTheyWereAdded()
    {
        var keys = Enumerable.Range(0, 50).Select(_ => WireGuardInterface.NewKey()).ToList();
        await _device.AddPeersAsync(string.Concat(keys.Take(40).Select(key => Section(key))));
        foreach (var key in keys.Skip(40))
        {
            await _device.SetAsync($"peer {key}");
        }

        await _device.SetAsync($"peer {keys[3]} allowed-ips 10.0.0.0/8"); // A change moves nobody.
        await _device.SetAsync($"peer {keys[7]} remove");
        await _device.SetAsync($"peer {keys[7]}");
        (keys[7], _) = ("", keys[7]);
        var shown = (await _device.ShowAsync("peers")).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(keys.Where(key => key.Length > 0), shown[..^1]);
        Assert.Equal(50, shown.Length);
    }

    [Fact]
    public async Task Keys_ReadBackAndGo()
    {
        Assert.Equal(_device.PrivateKey, (await _device.ShowAsync("private-key")).Trim());
        var (peer, secret) = (WireGuardInterface.NewKey(), WireGuardInterface.NewKey());
        await _device.AddPeersAsync($"[Peer]\nPublicKey = {peer}\nPresharedKey = {secret}");
        Assert.Equal([secret], await _device.ShowPeerAsync("preshared-keys", peer));

        // All zeros take a preshared key, and a private key, away.
        await _device.AddPeersAsync($"[Peer]\nPublicKey = {peer}\nPresharedKey = {Convert.ToBase64String(new byte[32])}");
        Assert.Equal(["(none)"], await _device.ShowPeerAsync("preshared-keys", peer));
        await _device.SetPrivateKeyAsync(Convert.ToBase64String(new byte[32]));
        Assert.Equal(("(none)", "(none)"), ((await _device.ShowAsync("private-key")).Trim(), _device.PublicKey));
    }

    [Fact]
    public async Task OwnPublicKey_IsNoPeer_AndSettingItsPrivateKeyRemovesThePeer()
    {
        await _device.SetAsync($"peer {_device.PublicKey} allowed-ips 10.0.0.0/8");
        Assert.Equal("", (await _device.ShowAsync("peers")).Trim());

        var (before, own) = (_device.PrivateKey, _device.PublicKey);
        await _device.SetPrivateKeyAsync(WireGuardInterface.NewKey());
        await _device.SetAsync($"peer {own} allowed-ips 10.0.0.0/8");
        Assert.Equal(own, (await _device.ShowAsync("peers")).Trim());
        await _device.SetPrivateKeyAsync(before);
        Assert.Equal("", (await _device.ShowAsync("peers")).Trim());
    }

    [Fact]
    public async Task PrivateKey_NotClamped_ReadsBackClamped()
    {
        await _device.SetPrivateKeyAsync(Convert.ToBase64String(Enumerable.Repeat((byte)0xFF, 32).ToArray()));

        var key = Convert.FromBase64String((await _device.ShowAsync("private-key")).Trim());
        Assert.Equal([0xF8, .. Enumerable.Repeat((byte)0xFF, 30), 0x7F], key);
    }

    [Fact]
    public async Task AllowedIps_LoseHostBits_MoveToWhoGotThemLast_AndGoAlone()
    {
        var (first, second) = (WireGuardInterface.NewKey(), WireGuardInterface.NewKey());
        await _device.AddPeersAsync(Section(first, "192.168.4.77/24", "fd01:2:3::9/48", "0.0.0.0/0", "::/0", "10.1.1.1/32"));
        Assert.Equal(["192.168.4.0/24", "fd01:2:3::/48", "0.0.0.0/0", "::/0", "10.1.1.1/32"], (await _device.ShowPeerAsync("allowed-ips", first)).ToHashSet());

        await _device.AddPeersAsync(Section(second, "192.168.4.1/24"));
        Assert.Equal(["192.168.4.0/24"], await _device.ShowPeerAsync("allowed-ips", second));
        Assert.DoesNotContain("192.168.4.0/24", await _device.ShowPeerAsync("allowed-ips", first));

        await _device.SetAsync($"peer {first} allowed-ips 10.1.1.1/32"); // wg(8) replaces.
        Assert.Equal(["10.1.1.1/32"], await _device.ShowPeerAsync("allowed-ips", first));
        await _device.SetAsync($"peer {second} remove");
        Assert.Equal(first, (await _device.ShowAsync("peers")).Trim());
    }

    private static string Section(string key, params string[] prefixes)
    {
        var text = new StringBuilder($"[Peer]\nPublicKey = {key}\n");
        foreach (var prefix in prefixes)
        {
            text.Append(CultureInfo.InvariantCulture, $"AllowedIPs = {prefix}\n");
        }

        return text.ToString();
    }
}
