using System.Net;
using Overlay.Agent.Hosting;
using Overlay.Core.Addressing;
using Overlay.Core.Diagnostics;
using Xunit;

namespace Overlay.Agent.Tests.Hosting;

public class NetworkLockTests
{
    // A network that no other test takes in this network namespace.
    private static readonly SubnetPair _network = new(IPNetwork.Parse("198.18.77.0/24"), IPNetwork.Parse("2001:db8:77::/48"));
    private static readonly InetPrefix[] _prefixes = [InetPrefix.Parse("198.18.77.0/24"), InetPrefix.Parse("2001:db8:77::/48")];

    [Fact]
    public void Take_SecondAgent_IsRefusedUntilTheFirstEnds()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "abstract sockets are Linux's");
        var first = new NetworkLock();
        first.Take(_network);
        first.Take(_network);

        using var second = new NetworkLock();
        Assert.Contains("Another agent already runs network 198.18.77.0/24", Assert.Throws<OverlayException>(() => second.Take(_network)).Message, StringComparison.Ordinal);
        Assert.True(NetworkLock.IsTaken(_prefixes));

        first.Dispose();
        Assert.False(NetworkLock.IsTaken(_prefixes));
        second.Take(_network);
    }
}
