using Overlay.Agent.Logging;
using Overlay.Core.Engine;
using Overlay.Linux.Kernel;

namespace Overlay.Agent.Control;

/// <summary>Makes the status document.</summary>
internal sealed class StatusReader(OverlayEngine engine, IKernelReconciler kernel, LevelSwitch level)
{
    public StatusDocument Read()
    {
        var status = engine.ReadStatus();
        return new StatusDocument
        {
            Version = ProgramVersion.Text,
            ProcessId = Environment.ProcessId,
            IsReady = status.IsReady,
            Conditions = [.. status.Conditions.Select(condition => new StatusCondition(condition.Name, condition.IsMet, condition.Detail))],
            LogLevel = level.Level.ToString(),
            Network = status.Configuration?.Network.ToString(),
            Lease = status.Lease is { } lease
                ? new StatusLease(
                    lease.Subnets.IPv4?.ToString(),
                    lease.Subnets.IPv6?.ToString(),
                    lease.Attributes.PublicAddresses.IPv4?.ToString(),
                    lease.Attributes.PublicAddresses.IPv6?.ToString(),
                    lease.Attributes.BackendType,
                    lease.Expires,
                    status.LeaseWritten)
                : null,
            Underlay = status.Underlay is { } underlay ? new StatusUnderlay(underlay.InterfaceName, underlay.Mtu, underlay.Addresses.ToString()) : null,
            StoreFault = status.StoreFault,
            Mtu = status.Mtu,
            Networks = [.. status.Networks.Select(Read)],
            Refused = [.. status.Refused.Select(peer => new StatusRefusal(peer.LeaseKey, peer.Reason))],
            LastRepairs = [.. kernel.LastRepairs.Select(repair => new StatusRepair(repair.At, repair.Table, repair.Entry))],
        };
    }

    private static StatusNetwork Read(NetworkReport report) => new(
        report.Backend,
        report.Status.Peers,
        report.Status.Entries,
        report.Status.Pending,
        report.Facts.Mtu,
        report.Facts.Fault,
        [.. report.Status.Failed.Select(entry => new StatusFailure(entry.Entry, entry.Error))],
        [.. report.Status.Refused.Select(peer => new StatusRefusal(peer.LeaseKey, peer.Reason))])
    {
        DataPath = report.Facts.DataPath,
    };
}
