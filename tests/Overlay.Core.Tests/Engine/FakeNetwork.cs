using Overlay.Core.Backends;
using Overlay.Core.Diagnostics;
using Overlay.Core.Leases;

namespace Overlay.Core.Tests.Engine;

/// <summary>A backend and its only network. It writes down what it is asked for, and its state is what the test sets.</summary>
internal sealed class FakeNetwork(Journal journal, string name = "fake") : IBackend, IOverlayNetwork, IGuardedNetwork
{
    public string Name => name;

    public Live<NetworkFacts> Facts { get; } = new(new NetworkFacts
    {
        Mtu = 1450,
        Attributes = new LeaseAttributes { PublicAddresses = Samples.Underlay.PublicAddresses, BackendType = name },
    });

    public NetworkStatus Status { get; set; } = new(0, 0, 0, [], []);

    public IReadOnlyList<string> Guards { get; set; } = [];

    public BackendContext? Context { get; private set; }

    /// <summary>What the network throws when it is activated.</summary>
    public Exception? Failure { get; set; }

    /// <summary>What a batch waits for: a slow backend.</summary>
    public Task Pace { get; set; } = Task.CompletedTask;

    public ValueTask<IOverlayNetwork> OpenAsync(BackendContext context, CancellationToken cancellationToken)
    {
        Context = context;
        journal.Add("open");
        return ValueTask.FromResult<IOverlayNetwork>(this);
    }

    public ValueTask ActivateAsync(Lease own, CancellationToken cancellationToken)
    {
        journal.Add($"activate {own.Key}");
        return Failure is null ? ValueTask.CompletedTask : ValueTask.FromException(Failure);
    }

    public async ValueTask ApplyAsync(LeaseBatch batch, CancellationToken cancellationToken)
    {
        journal.Add($"{name}: " + batch switch
        {
            LeaseBatch.Snapshot snapshot => $"snapshot [{string.Join(' ', snapshot.Leases.Select(lease => lease.Key).Order())}]",
            LeaseBatch.Changes changes => string.Join(' ', changes.Items.Select(change => change switch
            {
                LeaseChange.Written written => $"+{written.Lease.Key}",
                LeaseChange.Removed removed => $"-{removed.Key}",
                _ => "?",
            })),
            _ => "?",
        });
        await Pace.WaitAsync(cancellationToken);
    }

    public ValueTask RemoveAsync(CancellationToken cancellationToken)
    {
        journal.Add("remove network");
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        journal.Add("let go of network");
        return ValueTask.CompletedTask;
    }
}
