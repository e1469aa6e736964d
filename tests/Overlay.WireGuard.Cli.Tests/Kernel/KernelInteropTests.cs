namespace Overlay.WireGuard.Cli.Tests.Kernel;

/// <summary>The program and the kernel's WireGuard, each with the other.</summary>
[Trait("Needs", "root")]
[Trait("Speed", "slow")]
public sealed class KernelInteropTests(KernelMachine machine) : IClassFixture<KernelMachine>
{
    private const string Secret = "GIUVCT6VL18i6GXO8wEucvi18LWYrAMJ1drM47cPz1I=";
    private const string OtherSecret = "6EtabScXwQA6E7QxVwNT26ypFGzxUMX4V1aA/rpSAno=";

    [Theory]
    [InlineData(4)]
    [InlineData(6)]
    public Task Handshake_StartedByUs_Passes(int family) => machine.RunAsync($"""
        open {family}
        us ping -c 3 -W 20 10.9.0.2
        us ping -c 3 -W 20 fd99::2
        test "$(handshakes)" -gt 0
        """);

    [Theory]
    [InlineData(4)]
    [InlineData(6)]
    public Task Handshake_StartedByTheKernel_Passes(int family) => machine.RunAsync($"""
        open {family}
        them ping -c 3 -W 20 10.9.0.1
        them ping -c 3 -W 20 fd99::1
        test "$(handshakes)" -gt 0
        """);

    [Theory]
    [InlineData("us", "10.9.0.2")]
    [InlineData("them", "10.9.0.1")]
    public Task PresharedKey_OfBoth_Passes(string starter, string other) => machine.RunAsync($"""
        open 4 {Secret} {Secret}
        {starter} ping -c 3 -W 20 {other}
        """);

    [Theory]
    [InlineData("us", "10.9.0.2")]
    [InlineData("them", "10.9.0.1")]
    public Task PresharedKey_ThatDiffers_PassesNothing(string starter, string other) => machine.RunAsync($"""
        open 4 {Secret} {OtherSecret}
        ! {starter} ping -c 2 -W 5 {other}
        test "$(handshakes)" = 0
        """);

    [Fact]
    public Task Tcp_BothWays_ArrivesWhole() => machine.RunAsync("""
        open 4
        head -c 4000000 /dev/urandom > /tmp/sent
        us ping -c 1 -W 20 10.9.0.2
        # An input that does not end: the listener would hang up at its end.
        mkfifo /tmp/endless; exec 9<> /tmp/endless
        them nc -l -p 7000 <&9 > /tmp/there & listener=$!
        listens() { them netstat -ltn | grep -q :7000; }; until_true listens
        us nc 10.9.0.2 7000 < /tmp/sent; wait $listener
        cmp /tmp/sent /tmp/there
        us nc -l -p 7001 <&9 > /tmp/here & listener=$!
        listens() { us netstat -ltn | grep -q :7001; }; until_true listens
        them nc 10.9.0.1 7001 < /tmp/sent; wait $listener
        cmp /tmp/sent /tmp/here
        """);

    /// <summary>The machine's kernel is older than 6.11: it refuses a train (EIO) when the device beneath computes no checksums.</summary>
    [Theory]
    [InlineData(4)]
    [InlineData(6)]
    public Task Trains_DeviceWithoutChecksumOffload_GoOneByOneAndNoneIsLost(int family) => machine.RunAsync($$"""
        LEVEL=verbose; open {{family}}
        us /usr/bin/ethtool -K cable tx off > /dev/null
        us ping -c 1 -W 20 10.9.0.2
        head -c 4000000 /dev/urandom > /tmp/sent
        rm -f /tmp/open-end; mkfifo /tmp/open-end; exec 8<> /tmp/open-end
        them nc -l -p 7002 <&8 > /tmp/there & listener=$!
        listens() { them netstat -ltn | grep -q :7002; }; until_true listens
        us nc 10.9.0.2 7002 < /tmp/sent; wait $listener
        cmp /tmp/sent /tmp/there
        # Once, though each train after it would have been refused too.
        test "$(grep -c 'cannot cut or join trains' /tmp/ours.log)" = 1
        # Each datagram that we have sent has come, the refused train's too.
        arrived() { test "$(us wg show ours transfer | cut -f3)" = "$(them wg show kern transfer | cut -f2)"; }
        until_true arrived
        """);

    [Fact]
    public Task Counters_AreTheKernelsOwn() => machine.RunAsync("""
        open 4
        us ping -c 5 -s 1000 -W 20 10.9.0.2
        test "$(us wg show ours transfer | cut -f2,3)" = "$(them wg show kern transfer | awk '{print $3 "\t" $2}')"
        """);

    [Fact]
    public Task PersistentKeepalive_OfTheKernel_IsHeard() => machine.RunAsync("""
        open 4
        them wg set kern peer "$(wg pubkey < /tmp/us.key)" persistent-keepalive 1
        received() { test "$(us wg show ours transfer | cut -f2)" -ge $1; }
        # The initiation and at least three keepalives.
        until_true received 244
        """);

    [Fact]
    public Task PersistentKeepalive_OfOurs_IsHeardByTheKernel() => machine.RunAsync("""
        open 4
        us wg set ours peer "$(wg pubkey < /tmp/them.key)" persistent-keepalive 1
        received() { test "$(them wg show kern transfer | cut -f2)" -ge $1; }
        until_true received 244
        """);

    [Fact]
    public Task Roaming_OfUs_IsFollowedByTheKernel() => machine.RunAsync("""
        open 4
        us ping -c 1 -W 20 10.9.0.2
        us ip addr add 192.0.2.11/24 dev cable
        us ip addr del 192.0.2.1/24 dev cable
        us ip addr add 192.0.2.11/24 dev cable 2> /dev/null || true
        us wg set ours listen-port 5011
        until_true us ping -c 1 -W 2 10.9.0.2
        them wg show kern endpoints | grep 192.0.2.11:5011
        them ping -c 1 -W 20 10.9.0.1
        """);

    [Fact]
    public Task Roaming_OfTheKernel_IsFollowedByUs() => machine.RunAsync("""
        open 4
        us ping -c 1 -W 20 10.9.0.2
        them wg set kern listen-port 5012 peer "$(wg pubkey < /tmp/us.key)" endpoint [2001:db8::1]:5001
        them ping -c 1 -W 20 10.9.0.1
        us wg show ours endpoints | grep -F '[2001:db8::2]:5012'
        us ping -c 1 -W 20 10.9.0.2
        """);
}
