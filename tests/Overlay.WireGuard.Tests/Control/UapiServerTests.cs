using Overlay.Core.Addressing;


namespace Overlay.WireGuard.Tests.Control;

public sealed class UapiServerTests
{
    // The keys of the example on wireguard.com/xplatform, section "Configuration Protocol".
    private const string Private = "e84b5a6d2717c1003a13b431570353dbaca9146cf150c5f8575680feba52027a";
    private const string Peer1 = "b85996fecc9c7f1fc6d2572a76eda11d59bcd20be8e543b15ce4bd85a8e75a33";
    private const string Peer2 = "58402e695ba1772b1cc9309755f043251ea77fdcf10fbe63989ceb7e19321376";
    private const string Peer3 = "662e14fd594556f522604703340351258903b64f35553763f19426ab2a515c58";
    private const string Preshared = "188515093e952f5f22e865cef3012e72f8b5f0b598ac0309d5dacce3b70fcf52";

    [Fact]
    public async Task SetOfTheExample_ReadsBackInOrder()
    {
        await using var talk = new UapiTalk();

        var set = await talk.AskAsync($"""
            set=1
            private_key={Private}
            fwmark=0
            listen_port=12912
            replace_peers=true
            public_key={Peer1}
            preshared_key={Preshared}
            replace_allowed_ips=true
            allowed_ip=192.168.4.4/32
            endpoint=[abcd:23::33]:51820
            public_key={Peer2}
            replace_allowed_ips=true
            allowed_ip=192.168.4.6/32
            allowed_ip=192.168.4.7/24
            persistent_keepalive_interval=111
            endpoint=182.122.22.19:3233
            protocol_version=1
            public_key={Peer3}
            remove=true


            """);

        Assert.Equal("errno=0\n\n", set);
        Assert.Equal($"""
            private_key=e84b5a6d2717c1003a13b431570353dbaca9146cf150c5f8575680feba52027a
            listen_port=12912
            public_key={Peer1}
            preshared_key={Preshared}
            protocol_version=1
            endpoint=[abcd:23::33]:51820
            last_handshake_time_sec=1700000000
            last_handshake_time_nsec=12300
            tx_bytes=148
            rx_bytes=92
            persistent_keepalive_interval=0
            allowed_ip=192.168.4.4/32
            public_key={Peer2}
            preshared_key={new string('0', 64)}
            protocol_version=1
            endpoint=182.122.22.19:3233
            last_handshake_time_sec=1700000000
            last_handshake_time_nsec=12300
            tx_bytes=148
            rx_bytes=92
            persistent_keepalive_interval=111
            allowed_ip=192.168.4.6/32
            allowed_ip=192.168.4.0/24
            errno=0


            """, await talk.AskAsync("get=1\n\n"));
    }

    [Fact]
    public async Task Zeros_TakeKeysAway()
    {
        await using var talk = new UapiTalk();
        await talk.AskAsync($"set=1\nprivate_key={Private}\nfwmark=51820\npublic_key={Peer1}\npreshared_key={Preshared}\n\n");

        Assert.Equal("errno=0\n\n", await talk.AskAsync($"set=1\nprivate_key={new string('0', 64)}\nfwmark=0\npublic_key={Peer1}\npreshared_key={new string('0', 64)}\n\n"));

        var state = await talk.AskAsync("get=1\n\n");
        Assert.StartsWith($"public_key={Peer1}\npreshared_key={new string('0', 64)}\n", state, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UpdateOnly_OfAPeerThatIsNotThere_AddsNone()
    {
        await using var talk = new UapiTalk();

        Assert.Equal("errno=0\n\n", await talk.AskAsync($"set=1\npublic_key={Peer1}\nupdate_only=true\nallowed_ip=10.0.0.0/8\n\n"));

        Assert.Equal("errno=0\n\n", await talk.AskAsync("get=1\n\n"));
    }

    [Fact]
    public async Task AllowedIp_WithADash_IsTakenFromThePeer()
    {
        await using var talk = new UapiTalk();
        await talk.AskAsync($"set=1\npublic_key={Peer1}\nallowed_ip=10.0.0.0/8\nallowed_ip=2001:db8::/32\n\n");

        await talk.AskAsync($"set=1\npublic_key={Peer2}\nallowed_ip=-2001:db8::/32\npublic_key={Peer1}\nallowed_ip=-10.1.2.3/8\n\n");

        var state = await talk.AskAsync("get=1\n\n");
        Assert.DoesNotContain("10.0.0.0/8", state, StringComparison.Ordinal);
        Assert.Contains("allowed_ip=2001:db8::/32\n", state, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connection_TakesManyCommands_AlsoInOnePiece()
    {
        await using var talk = new UapiTalk();
        using var client = talk.Connect();

        await client.SendAsync("set=1\nlisten_port=1\n\nset=1\nlisten_port=2\n\nset=1\n\n");
        var answers = "";
        while (answers.Length < 27)
        {
            answers += await client.ReadAnswerAsync();
        }

        Assert.Equal("errno=0\n\nerrno=0\n\nerrno=0\n\n", answers);
        Assert.Equal("listen_port=2\nerrno=0\n\n", await client.AskAsync("get=1\n\n"));
    }

    [Fact]
    public async Task ManyClientsAtOnce_AreAllServed()
    {
        await using var talk = new UapiTalk();
        using var idle = talk.Connect();
        await idle.SendAsync("set=1\nlisten_port=9\n");

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => Task.Run(() => talk.AskAsync($"set=1\npublic_key={i:x64}\nallowed_ip=10.0.0.{i}/32\n\n"))));

        Assert.All(answers, answer => Assert.Equal("errno=0\n\n", answer));
        Assert.Equal(50, (await talk.AskAsync("get=1\n\n")).Split("public_key=").Length - 1);
        Assert.Equal("errno=0\n\n", await idle.AskAsync("\n"));
    }

    [Fact]
    public async Task Get_Of130000AllowedIps_IsWhole()
    {
        const int Count = 130_000;
        await using var talk = new UapiTalk();
        var lines = string.Concat(Enumerable.Range(0, Count).Select(i => $"allowed_ip={Address(i)}/32\n"));

        Assert.Equal("errno=0\n\n", await talk.AskAsync($"set=1\npublic_key={Peer1}\n{lines}\n"));

        var state = await talk.AskAsync("get=1\n\n");
        var read = state.Split('\n').Where(line => line.StartsWith("allowed_ip=", StringComparison.Ordinal)).Select(line => line["allowed_ip=".Length..]);
        Assert.Equal(Enumerable.Range(0, Count).Select(i => $"{Address(i)}/32"), read);
    }

    [Fact]
    public async Task Dispose_WithClientsWithinCommands_Ends()
    {
        var talk = new UapiTalk();
        using var idle = talk.Connect();
        using var within = talk.Connect();
        await idle.AskAsync("get=1\n\n");
        await within.AskAsync("get=1\n\n");
        await within.SendAsync("set=1\nlisten_port=9\n");

        await talk.DisposeAsync();

        Assert.EndsWith("(end)", await idle.ReadAnswerAsync(), StringComparison.Ordinal);
        Assert.Equal(0, talk.Device.Configured);
    }

    private static string Address(int i) => InetAddress.FromIPv4(0x0A00_0000 + (uint)i).ToString();
}
