
namespace Overlay.WireGuard.Tests.Control;

/// <summary>A wrong command is answered with wireguard-go's number (device/uapi.go: EINVAL for a value, EPROTO for what is no line), changes nothing,
/// and the next command of the connection is understood.</summary>
public sealed class UapiRefusalTests
{
    private const string Key = "b85996fecc9c7f1fc6d2572a76eda11d59bcd20be8e543b15ce4bd85a8e75a33";
    private const int Invalid = -22;
    private const int Protocol = -71;
    private const int AddressInUse = -98;

    public static TheoryData<string, int> WrongSets => new()
    {
        { "private_key=\n", Invalid },
        { "private_key=e84b5a6d2717c1003a13b431570353dbaca9146cf150c5f8575680feba52027\n", Invalid },
        { "private_key=e84b5a6d2717c1003a13b431570353dbaca9146cf150c5f8575680feba52027aa\n", Invalid },
        { "private_key=g84b5a6d2717c1003a13b431570353dbaca9146cf150c5f8575680feba52027a\n", Invalid },
        { "private_key=6EtabScXwQA6E7QxVwNT26ypFGzxUMX4V1aA/rpSAno=\n", Invalid },
        { "listen_port=65536\n", Invalid },
        { "listen_port=-1\n", Invalid },
        { "listen_port=+1\n", Invalid },
        { "listen_port= 1\n", Invalid },
        { "listen_port=0x10\n", Invalid },
        { "listen_port=\n", Invalid },
        { "listen_port=12913\r\n", Invalid },
        { "listen_port=4711\n", AddressInUse },
        { "fwmark=4294967296\n", Invalid },
        { "fwmark=18446744073709551617\n", Invalid },
        { "fwmark=0xca6c\n", Invalid },
        { "fwmark=off\n", Invalid },
        { "replace_peers=false\n", Invalid },
        { "replace_peers=1\n", Invalid },
        { "mtu=1420\n", Invalid },
        { "=\n", Invalid },
        { "endpoint=192.0.2.1:1\n", Invalid },
        { "listen_port\n", Protocol },
        { "\0\n", Protocol },
        { "public_key=\n", Invalid },
        { $"public_key={Key}0\n", Invalid },
        { $"public_key={Key}\nlisten_port=1\n", Invalid },
        { $"public_key={Key}\nnonsense\n", Protocol },
        { $"public_key={Key}\nremove=yes\n", Invalid },
        { $"public_key={Key}\nupdate_only=false\n", Invalid },
        { $"public_key={Key}\npreshared_key=00\n", Invalid },
        { $"public_key={Key}\nendpoint=\n", Invalid },
        { $"public_key={Key}\nendpoint=192.0.2.1\n", Invalid },
        { $"public_key={Key}\nendpoint=192.0.2.1:\n", Invalid },
        { $"public_key={Key}\nendpoint=192.0.2.1:65536\n", Invalid },
        { $"public_key={Key}\nendpoint=192.0.2:1\n", Invalid },
        { $"public_key={Key}\nendpoint=192.0.2.01:1\n", Invalid },
        { $"public_key={Key}\nendpoint=0xc0000201:1\n", Invalid },
        { $"public_key={Key}\nendpoint=2001:db8::1:51820\n", Invalid },
        { $"public_key={Key}\nendpoint=[192.0.2.1]:51820\n", Invalid },
        { $"public_key={Key}\nendpoint=[2001:db8::1]51820\n", Invalid },
        { $"public_key={Key}\nendpoint=[[2001:db8::1]]:51820\n", Invalid },
        { $"public_key={Key}\nendpoint=[fe80::1%no-such-link]:51820\n", Invalid },
        { $"public_key={Key}\nendpoint=peer.example:51820\n", Invalid },
        { $"public_key={Key}\npersistent_keepalive_interval=65536\n", Invalid },
        { $"public_key={Key}\npersistent_keepalive_interval=off\n", Invalid },
        { $"public_key={Key}\nreplace_allowed_ips=0\n", Invalid },
        { $"public_key={Key}\nallowed_ip=10.0.0.0\n", Invalid },
        { $"public_key={Key}\nallowed_ip=10.0.0.0/\n", Invalid },
        { $"public_key={Key}\nallowed_ip=10.0.0.0/33\n", Invalid },
        { $"public_key={Key}\nallowed_ip=10.0.0.0/8/8\n", Invalid },
        { $"public_key={Key}\nallowed_ip=10.0.0.0/-8\n", Invalid },
        { $"public_key={Key}\nallowed_ip=--10.0.0.0/8\n", Invalid },
        { $"public_key={Key}\nallowed_ip=10/8\n", Invalid },
        { $"public_key={Key}\nallowed_ip=/8\n", Invalid },
        { $"public_key={Key}\nallowed_ip=2001:db8::/129\n", Invalid },
        { $"public_key={Key}\nallowed_ip=[2001:db8::]/32\n", Invalid },
        { $"public_key={Key}\nallowed_ip=fe80::%1/64\n", Invalid },
        { $"public_key={Key}\nprotocol_version=2\n", Invalid },
        { $"public_key={Key}\nlast_handshake_time_sec=1\n", Invalid },
    };

    [Theory]
    [MemberData(nameof(WrongSets))]
    public async Task Set_WithOneMistake_ChangesNothing(string lines, int errno)
    {
        await using var talk = new UapiTalk(new MemoryDevice("wg0") { TakenPort = 4711 });
        using var client = talk.Connect();

        Assert.Equal($"errno={errno}\n\n", await client.AskAsync($"set=1\nfwmark=7\n{lines}public_key={Key}\nallowed_ip=10.0.0.0/8\n\n"));
        Assert.Equal("errno=0\n\n", await client.AskAsync("get=1\n\n"));
    }

    [Fact]
    public async Task Get_WithTrailingLine_IsRefused_AndTheNextCommandUnderstood()
    {
        await using var talk = new UapiTalk();
        using var client = talk.Connect();

        Assert.Equal("errno=-22\n\n", await client.AskAsync("get=1\nlisten_port=1\n\n"));
        Assert.Equal("errno=0\n\n", await client.AskAsync("set=1\nlisten_port=1\n\n"));
    }

    [Theory]
    [InlineData("hello\n")]
    [InlineData("get=2\n\n")]
    [InlineData("get=1 \n\n")]
    [InlineData("\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: wg0\r\n\r\n")]
    public async Task AnythingElse_IsRefused_AndTheConnectionEnds(string bytes)
    {
        await using var talk = new UapiTalk();
        using var client = talk.Connect();

        Assert.Equal("errno=-71\n\n", await client.AskAsync(bytes));
        Assert.Equal("(end)", await client.ReadAnswerAsync());
    }

    [Theory]
    [InlineData("")]
    [InlineData("set=1\n")]
    public async Task LineWithoutEnd_IsRefused_AndTheConnectionEnds(string before)
    {
        await using var talk = new UapiTalk();
        using var client = talk.Connect();

        Assert.Equal("errno=-71\n\n", await client.AskAsync(before + new string('x', 513)));
        Assert.Equal("(end)", await client.ReadAnswerAsync());
    }

    [Theory]
    [InlineData("set=1\nlisten_port=1\n")]
    [InlineData("set=1\nlisten_port=1")]
    [InlineData("set=1\nlisten_port=x\n")]
    [InlineData("get=1\n")]
    public async Task HalfACommand_ChangesNothing(string bytes)
    {
        await using var talk = new UapiTalk();
        using var client = talk.Connect();
        await client.SendAsync(bytes);
        client.EndSending();

        Assert.Equal("errno=-71\n\n", await client.ReadAnswerAsync());
        Assert.Equal(0, talk.Device.Configured);
    }

    [Fact]
    public async Task Set_WrongAtTheStartOfMuch_IsReadToItsEnd()
    {
        await using var talk = new UapiTalk();
        using var client = talk.Connect();
        var rest = string.Concat(Enumerable.Range(0, 100_000).Select(i => $"allowed_ip=10.{i >> 16}.{(i >> 8) & 255}.{i & 255}/32\n"));

        Assert.Equal("errno=-22\n\n", await client.AskAsync($"set=1\npublic_key={Key}\nremove=maybe\n{rest}\n"));
        Assert.Equal("errno=0\n\n", await client.AskAsync("get=1\n\n"));
    }

    [Fact]
    public async Task Set_WithMoreThanOneCommandMayHave_IsRefused()
    {
        await using var talk = new UapiTalk();
        var peers = string.Concat(Enumerable.Range(0, 65_537).Select(i => $"public_key={i:x64}\n"));

        Assert.Equal("errno=-22\n\n", await talk.AskAsync($"set=1\n{peers}\n"));
        Assert.Equal(0, talk.Device.Configured);
    }
}
