using System.Net;
using System.Text;

using CsCheck;

using Overlay.Core.Addressing;
using Overlay.WireGuard.Control;
using Overlay.WireGuard.Control.Uapi;
using Overlay.WireGuard.Protocol.Keys;

namespace Overlay.WireGuard.Tests.Control;

public sealed class UapiClientTests : IAsyncDisposable
{
    private const string Name = "wgclient0";

    private static readonly string[] _keys =
    [
        "private_key", "listen_port", "fwmark", "public_key", "preshared_key", "endpoint", "persistent_keepalive_interval", "last_handshake_time_sec", "last_handshake_time_nsec",
        "rx_bytes", "allowed_ip", "errno", "new",
    ];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ovt-uapi");
    private readonly MemoryDevice _device = new(Name);

    private string SocketPath => Path.Combine(_folder.FullName, Name + ".sock");

    public async ValueTask DisposeAsync()
    {
        await _device.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task ReadAsync_RunningDevice_IsWhatTheDeviceSays()
    {
        using var own = PrivateKey.Generate();
        using var secret = PresharedKey.Import(Enumerable.Repeat((byte)9, PresharedKey.Size).ToArray());
        await _device.ConfigureAsync(
            new WireGuardChange
            {
                PrivateKey = own,
                ListenPort = 51820,
                FirewallMark = 7,
                Peers =
                [
                    .. Enumerable.Range(1, 300).Select(number => new WireGuardPeerChange(Key(number))
                    {
                        PresharedKey = number % 2 == 0 ? secret : null,
                        Endpoint = number % 3 == 0 ? null : IPEndPoint.Parse("[2001:db8::1]:51821"),
                        PersistentKeepalive = TimeSpan.FromSeconds(number),
                        AllowedIps = [.. Enumerable.Range(0, number % 5).Select(prefix => new AllowedIpChange(InetPrefix.Parse($"10.{number % 256}.{prefix}.0/24")))],
                    }),
                ],
            }, TestContext.Current.CancellationToken);
        await using var server = UapiServer.Start(_device, UapiSocket.Open(Name, _folder.FullName));

        using var expected = await _device.ReadAsync(TestContext.Current.CancellationToken);
        using var actual = await UapiClient.ReadAsync(SocketPath, TestContext.Current.CancellationToken);

        Assert.NotNull(actual);
        Assert.Equal((own.PublicKey, expected.ListenPort, expected.FirewallMark), (actual.PublicKey!.Value, actual.ListenPort, actual.FirewallMark));
        Assert.Equal(expected.Peers.Select(Describe), actual.Peers.Select(Describe));
    }

    [Fact]
    public async Task ReadAsync_NobodyThere_IsNull()
    {
        Assert.Null(await UapiClient.ReadAsync(SocketPath, TestContext.Current.CancellationToken));

        // A file that a process which is gone has left.
        UapiSocket.Open(Name, _folder.FullName).Abandon();
        Assert.True(File.Exists(SocketPath));
        Assert.Null(await UapiClient.ReadAsync(SocketPath, TestContext.Current.CancellationToken));
    }

    /// <summary>Another network namespace's device of the same name.</summary>
    [Fact]
    [Trait("Needs", "root")]
    public async Task ReadAsync_FromAnotherNetworkNamespace_IsNull()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        await using var server = UapiServer.Start(_device, UapiSocket.Open(Name, _folder.FullName));
        using var topology = new TestKit.Namespaces.TestTopology(new TestKit.Namespaces.TestTopologyOptions { Hosts = 1 });

        var state = topology.Hosts[0].Namespace.Run(() => UapiClient.ReadAsync(SocketPath, CancellationToken.None).GetAwaiter().GetResult());

        Assert.Null(state);
    }

    [Fact]
    public void Take_AnyLines_AreReadOrRefused() => Gen.OneOf(
        Gen.String[Gen.Char.AlphaNumeric, 0, 70],
        Gen.Select(Gen.Int[0, _keys.Length - 1].Select(place => _keys[place]), Gen.OneOf(Gen.String[0, 70], Gen.Long.Select(number => $"{number}"), Gen.String[Gen.Char['0', '9'], 64, 64])).Select((key, value) => $"{key}={value}"))
        .List[0, 12].Sample(lines =>
        {
            using var reader = new UapiStateReader();
            try
            {
                lines.ForEach(line => reader.Take(Encoding.UTF8.GetBytes(line)));
                using var state = reader.ToState();
                Assert.NotNull(state.Peers);
            }
            catch (WireGuardException exception)
            {
                Assert.True(exception.Errno > 0 && exception.Message.Length < 200);
            }
        });

    [Fact]
    public void Take_DeviceRefuses_SaysSo()
    {
        using var reader = new UapiStateReader();

        Assert.Equal("The device refuses to be read (errno -5).", Assert.Throws<WireGuardException>(() => reader.Take("errno=-5"u8)).Message);
    }

    private static PublicKey Key(int number)
    {
        var bytes = new byte[PublicKey.Size];
        BitConverter.TryWriteBytes(bytes, number);
        return new PublicKey(bytes);
    }

    private static string Describe(WireGuardPeerState peer) =>
        $"{peer.PublicKey} {(peer.PresharedKey is { } key ? Convert.ToHexString(key.Bytes) : "")} {peer.Endpoint} {peer.PersistentKeepalive} {peer.LastHandshake:O} {peer.ReceivedBytes} {peer.SentBytes} {string.Join(',', peer.AllowedIps)}";
}
