using System.Threading.Channels;
using Overlay.Core.Configuration;
using Overlay.Core.Diagnostics;
using Overlay.Core.Leases;

namespace Overlay.Core.Tests.Engine;

/// <summary>A lease manager that does what the test tells it.</summary>
internal sealed class FakeLeases(Journal journal) : ISubnetLeaseManager
{
    /// <summary>Sent as a batch, it makes the watch fail where it stands.</summary>
    public static readonly LeaseBatch Outage = new LeaseBatch.Changes([]);

    private readonly Channel<LeaseBatch> _batches = Channel.CreateUnbounded<LeaseBatch>();
    private readonly Channel<NetworkConfiguration> _configurations = Channel.CreateUnbounded<NetworkConfiguration>();
    private TaskCompletionSource<LeaseEnd> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _version;

    public NetworkConfiguration Configuration { get; set; } = Samples.Configuration;

    public ConfigurationException? Mistakes { get; set; }

    public OwnRecord? Own { get; set; }

    public Lease Next { get; set; } = Samples.Own;

    /// <summary>How often the next calls fail as an unreachable store does.</summary>
    public int Outages { get; set; }

    public LeaseRequest? Request { get; private set; }

    public void Send(LeaseBatch batch) => _batches.Writer.TryWrite(batch);

    public void Configure(NetworkConfiguration configuration) => _configurations.Writer.TryWrite(configuration);

    public void End(LeaseEnd end)
    {
        var ending = _end;
        _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
        ending.SetResult(end);
    }

    public async IAsyncEnumerable<NetworkConfiguration> WatchConfigurationAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (Mistakes is not null)
        {
            throw Mistakes;
        }

        yield return Configuration;
        await foreach (var next in _configurations.Reader.ReadAllAsync(cancellationToken))
        {
            yield return next;
        }
    }

    public ValueTask<OwnRecord?> ReadOwnAsync(CancellationToken cancellationToken)
    {
        journal.Add("read own");
        return ValueTask.FromResult(Own);
    }

    public ValueTask<Lease> AcquireAsync(LeaseRequest request, CancellationToken cancellationToken)
    {
        Fail();
        Request = request;
        journal.Add($"acquire, preferred {request.Preferred}");
        return ValueTask.FromResult(Next with { Attributes = request.Attributes, Version = Version() });
    }

    public ValueTask<Lease> UpdateAsync(Lease own, LeaseAttributes attributes, CancellationToken cancellationToken)
    {
        Fail();
        journal.Add($"update {attributes.PublicAddresses} {attributes.BackendData}");
        return ValueTask.FromResult(own with { Attributes = attributes, Version = Version() });
    }

    public async IAsyncEnumerable<LeaseBatch> WatchAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        journal.Add("watch");
        await foreach (var batch in _batches.Reader.ReadAllAsync(cancellationToken))
        {
            if (ReferenceEquals(batch, Outage))
            {
                Outages = 1;
            }

            if (Outages > 0)
            {
                Fail();
            }

            yield return batch;
        }
    }

    public Task<LeaseEnd> KeepAsync(Lease own, CancellationToken cancellationToken)
    {
        journal.Add($"keep {own.Key} v{own.Version.Value}");
        return _end.Task.WaitAsync(cancellationToken);
    }

    public ValueTask ReleaseAsync(Lease own, CancellationToken cancellationToken)
    {
        journal.Add($"release {own.Key}");
        return ValueTask.CompletedTask;
    }

    private void Fail()
    {
        if (Outages > 0)
        {
            Outages--;
            journal.Add("store does not answer");
            throw new OverlayException("the store does not answer");
        }
    }

    private LeaseVersion Version() => new($"{++_version}");
}
