using System.Text.Json;
using Overlay.Agent.Control;
using Overlay.Agent.State;
using Xunit;

namespace Overlay.Agent.Tests.Control;

public class StatusTextTests
{
    private static readonly StatusDocument _status = new()
    {
        Version = "0.1.0",
        ProcessId = 7,
        IsReady = false,
        LogLevel = "info",
        Conditions = [new("firewall", false, "nft is missing"), new("peers", true, "9 entries")],
        Network = "10.244.0.0/16",
        Lease = new("10.244.1.0/24", null, "192.0.2.1", null, "vxlan", new DateTimeOffset(2026, 11, 24, 1, 2, 3, TimeSpan.Zero), null),
        Underlay = new("eth0", 1500, "192.0.2.1"),
        Mtu = 1450,
        Networks = [new("vxlan", 2, 9, 0, 1450, null, [new("10.244.2.0/24 via 10.244.2.0", "No route to host")], [])],
        Refused = [.. Enumerable.Range(3, 25).Select(node => new StatusRefusal($"10.244.{node}.0-24", "its backend is udp"))],
        LastRepairs = [new(new DateTimeOffset(2026, 11, 23, 1, 2, 3, TimeSpan.Zero), "route", "10.244.2.0/24")],
    };

    [Fact]
    public void Write_Status_SaysWhatIsWrongAndCutsLongLists()
    {
        var lines = StatusText.Write(_status).TrimEnd().Split('\n');

        Assert.Equal("overlayd 0.1.0, process 7: not ready", lines[0]);
        Assert.Contains("  NO  firewall: nft is missing", lines);
        Assert.Contains("lease      10.244.1.0/24 of 10.244.0.0/16, reached at 192.0.2.1, until 2026-11-24 01:02:03 UTC without renewal", lines);
        Assert.Contains("network    vxlan: 2 peers, 9 entries, 0 pending, 1 failed, MTU 1450", lines);
        Assert.Contains("  failed   10.244.2.0/24 via 10.244.2.0: No route to host", lines);
        Assert.Contains("refused    and 5 more; --json shows them all", lines);
        Assert.Equal("repaired   01:02:03.000 route 10.244.2.0/24", lines[^1]);
    }

    [Fact]
    public void Serialize_Status_IsReadBack()
    {
        var json = JsonSerializer.Serialize(_status, AgentJson.Default.StatusDocument);

        Assert.Equal(StatusText.Write(_status), StatusText.Write(JsonSerializer.Deserialize(json, AgentJson.Default.StatusDocument)!));
    }
}
