using Overlay.Core.Addressing;
using Overlay.WireGuard.Protocol.Handshakes;
using Overlay.WireGuard.Protocol.Messages;
using Overlay.WireGuard.Protocol.Peers;
using Overlay.WireGuard.Tests.World;

namespace Overlay.WireGuard.Tests.Handshakes;

/// <summary>Cookies, and the limits on handshakes.</summary>
public sealed class LoadTests : IDisposable
{
    private readonly Pair _pair = new();

    [Fact]
    public void UnderLoad_HonestPeer_GetsACookieAndThenASession()
    {
        _pair.B.IsUnderLoad = true;
        _pair.FromA();
        Assert.Equal([1, 3], _pair.Log.Select(entry => (int)entry.Datagram[0]));
        Assert.Empty(_pair.B.Delivered);

        _pair.Advance(6); // The cookie itself causes no retry; the timer does.

        Assert.Equal([1, 3, 1, 2, 4], _pair.Log.Select(entry => (int)entry.Datagram[0]));
        Assert.Single(_pair.B.Delivered);
    }

    [Fact]
    public void UnderLoad_CookieFromAnotherAddress_GetsAnotherCookie()
    {
        _pair.B.IsUnderLoad = true;
        _pair.FromA();
        _pair.A.Endpoint = _pair.A.Endpoint with { Port = 4444 };
        _pair.Advance(6);

        Assert.Equal([1, 3, 1, 3], _pair.Log.Select(entry => (int)entry.Datagram[0]));
    }

    [Fact]
    public void UnderLoad_OldCookie_IsNotSent()
    {
        _pair.B.IsUnderLoad = true;
        _pair.FromA();
        _pair.Loses = (_, datagram) => datagram[0] == 1;
        _pair.Advance(114);
        Assert.Contains(_pair.SentBy(_pair.A, 1).Last()[^16..], value => value != 0);
        _pair.FromA();
        _pair.Advance(11);
        _pair.FromA();

        Assert.All(_pair.SentBy(_pair.A, 1).Last()[^16..], value => Assert.Equal(0, value));
    }

    [Fact]
    public void UnderLoad_ResponseWithoutCookie_IsAnsweredWithOneToo()
    {
        _pair.A.IsUnderLoad = true;
        _pair.FromA();

        Assert.Equal([1, 2, 3], _pair.Log.Select(entry => (int)entry.Datagram[0]));
        _pair.Advance(6);
        Assert.Single(_pair.B.Delivered);
    }

    [Fact]
    public void Cookie_NotForOurLastMessage_IsRefused()
    {
        _pair.B.IsUnderLoad = true;
        _pair.Loses = (_, datagram) => datagram[0] == 3;
        _pair.FromA();
        _pair.Advance(6);
        var cookies = _pair.SentBy(_pair.B, 3).ToArray();
        _pair.Loses = (_, _) => true;

        Assert.Equal(DropCause.UnknownIndex, _pair.A.Receive(cookies[0], _pair.B.Endpoint)); // Its index died with the first try.
        Assert.Equal(DropCause.None, _pair.A.Receive(cookies[1], new Endpoint(InetAddress.Parse("203.0.113.9"), 1)));
        Assert.Equal(DropCause.UnexpectedCookie, _pair.A.Receive(cookies[1], _pair.B.Endpoint)); // Once.
        Assert.Equal(_pair.B.Endpoint, _pair.A.PeerOf(_pair.B).Endpoint); // A cookie does not move the peer.
    }

    [Fact]
    public void RateLimiter_OneSource_GetsFiveAtOnceThenTwentyInASecond()
    {
        var limiter = new SourceRateLimiter();
        var source = InetAddress.Parse("192.0.2.7");
        int Take(TimeSpan now) => Enumerable.Range(0, 100).Count(_ => limiter.TryTake(source, now));

        Assert.Equal(5, Take(TimeSpan.Zero));
        Assert.Equal(0, Take(TimeSpan.FromMilliseconds(49)));
        Assert.Equal(1, Take(TimeSpan.FromMilliseconds(51)));
        Assert.Equal(20, Enumerable.Range(0, 999).Count(i => limiter.TryTake(source, TimeSpan.FromMilliseconds(52 + i))));
        Assert.Equal(5, Take(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public void RateLimiter_OneIPv6Network_IsOneSource()
    {
        var limiter = new SourceRateLimiter();

        Assert.Equal(5, Enumerable.Range(1, 50).Count(i => limiter.TryTake(InetAddress.Parse($"2001:db8:0:1::{i:x}"), TimeSpan.Zero)));
        Assert.True(limiter.TryTake(InetAddress.Parse("2001:db8:0:2::1"), TimeSpan.Zero));
    }

    [Fact]
    public void RateLimiter_MoreSourcesThanPlaces_StaysWithinItsCapacityAndForgets()
    {
        var limiter = new SourceRateLimiter(100);
        for (uint i = 0; i < 50_000; i++)
        {
            limiter.TryTake(InetAddress.FromIPv4(i), TimeSpan.FromMilliseconds(i / 100.0));
        }

        Assert.InRange(limiter.Count, 1, 100);
        Assert.True(limiter.TryTake(InetAddress.Parse("192.0.2.1"), TimeSpan.FromSeconds(10)));
        Assert.Equal(1, limiter.Count);
    }

    [Fact]
    public void LoadGauge_AnEighthFull_StaysUnderLoadForASecond()
    {
        var gauge = new LoadGauge(4096);

        Assert.False(gauge.IsUnderLoad(511, TimeSpan.Zero));
        Assert.True(gauge.IsUnderLoad(512, TimeSpan.FromSeconds(1)));
        Assert.True(gauge.IsUnderLoad(0, TimeSpan.FromSeconds(1.9)));
        Assert.False(gauge.IsUnderLoad(0, TimeSpan.FromSeconds(2)));
    }

    [Fact]
    public void Flood_FiftyThousandSpoofedInitiations_LeaveAnHonestPeerItsSession()
    {
        _pair.Connect();
        _pair.B.IsUnderLoad = true;
        var initiation = Initiation();
        _pair.Loses = (from, _) => from == _pair.B;
        for (uint i = 0; i < 50_000; i++)
        {
            var source = new Endpoint(InetAddress.FromIPv4(0x0B00_0000 + i), (ushort)i);
            Assert.Equal(DropCause.CookieSent, _pair.B.Receive(initiation, source));
        }

        _pair.Loses = (_, _) => false;
        _pair.FromA();
        Assert.Single(_pair.B.Delivered);
        Assert.InRange(_pair.B.Engine.Indices.Count, 1, 3);
    }

    private byte[] Initiation()
    {
        _pair.Loses = (_, _) => true;
        _pair.Advance(6);
        var message = new byte[InitiationMessage.Size];
        Assert.True(_pair.A.PeerOf(_pair.B).TryCreateInitiation(message, _pair.A.Now));
        return message;
    }

    public void Dispose() => _pair.Dispose();
}
