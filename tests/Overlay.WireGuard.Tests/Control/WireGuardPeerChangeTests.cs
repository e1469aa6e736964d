using Overlay.WireGuard.Control;

namespace Overlay.WireGuard.Tests.Control;

public sealed class WireGuardPeerChangeTests
{
    [Theory]
    [InlineData("00:00:00")]
    [InlineData("00:00:01")]
    [InlineData("18:12:15")]
    public void PersistentKeepalive_WholeSeconds_IsTaken(string interval) =>
        Assert.Equal(TimeSpan.Parse(interval, null), new WireGuardPeerChange(default) { PersistentKeepalive = TimeSpan.Parse(interval, null) }.PersistentKeepalive);

    /// <summary>A device would send without end, or something else than it shows.</summary>
    [Theory]
    [InlineData("-00:00:01")]
    [InlineData("00:00:00.0000001")]
    [InlineData("00:00:01.5")]
    [InlineData("18:12:16")]
    public void PersistentKeepalive_AnythingElse_IsRefused(string interval)
    {
        var exception = Assert.Throws<ArgumentOutOfRangeException>(() => new WireGuardPeerChange(default) { PersistentKeepalive = TimeSpan.Parse(interval, null) });

        Assert.Contains("whole seconds, 0 to 65535", exception.Message, StringComparison.Ordinal);
    }
}
