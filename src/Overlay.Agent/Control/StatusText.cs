using System.Globalization;
using System.Text;

namespace Overlay.Agent.Control;

/// <summary>The status for people.</summary>
internal static class StatusText
{
    private const int MostLines = 20;

    public static string Write(StatusDocument status)
    {
        var text = new StringBuilder();
        Line($"overlayd {status.Version}, process {status.ProcessId}: {(status.IsReady ? "ready" : "not ready")}");
        foreach (var condition in status.Conditions)
        {
            Line($"  {(condition.IsMet ? "ok " : "NO ")} {condition.Name}: {condition.Detail}");
        }

        if (status.Lease is { } lease)
        {
            Line($"lease      {Join(lease.Subnet, lease.Ipv6Subnet)} of {status.Network}, reached at {Join(lease.PublicIp, lease.PublicIpv6)}{(lease.Expires is { } expires ? string.Create(CultureInfo.InvariantCulture, $", until {expires.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC without renewal") : ", without end")}");
        }

        if (status.Underlay is { } underlay)
        {
            Line($"underlay   {underlay.Interface} ({underlay.Addresses}), MTU {underlay.Mtu}");
        }

        if (status.StoreFault is { } fault)
        {
            Line($"store      {fault}");
        }

        foreach (var network in status.Networks)
        {
            Line($"network    {network.Backend}{(network.DataPath is null ? "" : $" ({network.DataPath})")}: {network.Peers} peers, {network.Entries} entries, {network.Pending} pending, {network.Failed.Count} failed, MTU {network.Mtu}{(network.Fault is null ? "" : $", fault: {network.Fault}")}");
            Lines("  failed   ", [.. network.Failed.Select(entry => $"{entry.Entry}: {entry.Error}")]);
            Lines("  refused  ", [.. network.Refused.Select(peer => $"{peer.Peer}: {peer.Reason}")]);
        }

        Lines("refused    ", [.. status.Refused.Select(peer => $"{peer.Peer}: {peer.Reason}")]);
        Lines("repaired   ", [.. status.LastRepairs.Select(repair => string.Create(CultureInfo.InvariantCulture, $"{repair.At.UtcDateTime:HH:mm:ss.fff} {repair.Table} {repair.Entry}"))]);
        return text.ToString();

        void Line(string line) => text.Append(line).Append('\n');

        void Lines(string head, IReadOnlyList<string> lines)
        {
            foreach (var line in lines.Take(MostLines))
            {
                Line(head + line);
            }

            if (lines.Count > MostLines)
            {
                Line($"{head}and {lines.Count - MostLines} more; --json shows them all");
            }
        }
    }

    private static string Join(params string?[] parts) => string.Join(", ", parts.Where(part => part is not null));
}
