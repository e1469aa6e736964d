using Overlay.Agent.State;
using Overlay.Linux.Kernel;

namespace Overlay.Agent.Hosting;

/// <summary>Writes down what is claimed before the kernel is changed, and takes away what an agent with another configuration has left.</summary>
internal sealed class RecordingReconciler(IKernelReconciler inner, StateFile file, string subnetFile, string? store) : IKernelReconciler
{
    private readonly Lock _lock = new();
    private readonly List<MadeNetwork> _open = [];
    private bool _isRecorded;

    public IReadOnlyList<KernelRepair> LastRepairs => inner.LastRepairs;

    public IKernelScope OpenScope(ScopeClaim claim)
    {
        lock (_lock)
        {
            _open.Add(MadeNetwork.From(claim));
            _isRecorded = false;
        }

        return inner.OpenScope(claim);
    }

    public async ValueTask CommitAsync(CancellationToken cancellationToken)
    {
        var stale = Record();
        await inner.CommitAsync(cancellationToken);
        foreach (var claim in stale)
        {
            await inner.RemoveAsync(claim, cancellationToken);
        }

        if (stale.Count > 0)
        {
            file.Write(Describe());
        }
    }

    public ValueTask<IReadOnlyList<string>> PlanAsync(CancellationToken cancellationToken) => inner.PlanAsync(cancellationToken);

    public ValueTask<IReadOnlyList<string>> RemoveAsync(ScopeClaim claim, CancellationToken cancellationToken) => inner.RemoveAsync(claim, cancellationToken);

    /// <summary>Records both what is open now and what was there before; gives the latter, less what is open.</summary>
    private List<ScopeClaim> Record()
    {
        lock (_lock)
        {
            if (_isRecorded)
            {
                return [];
            }

            var before = file.Read().Networks.Where(old => !_open.Exists(old.IsSame)).ToList();
            file.Write(Describe() with { Networks = [.. _open, .. before] });
            _isRecorded = true;
            return [.. before.Select(WithoutWhatIsOpen).Where(claim => claim.Devices.Count > 0 || claim.Network.Count > 0)];
        }
    }

    // A device or a prefix that an open network has is that network's now, which has removed what it does not want.
    private ScopeClaim WithoutWhatIsOpen(MadeNetwork old)
    {
        var claim = old.ToClaim();
        var open = _open.Select(network => network.ToClaim()).ToList();
        return claim with
        {
            Devices = [.. claim.Devices.Except(open.SelectMany(network => network.Devices))],
            Network = [.. claim.Network.Where(prefix => !open.Any(network => network.Network.Any(other => other.Contains(prefix) || prefix.Contains(other))))],
        };
    }

    private MadeRecord Describe() => new() { Networks = [.. _open], SubnetFile = subnetFile, Store = store };
}
