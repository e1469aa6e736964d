using Overlay.Core.Leases;
using Overlay.TestKit.Leases;

namespace CustomStore;

/// <summary>What every lease store must do, on this one.</summary>
public sealed class JournalStoreTests : LeaseStoreContract
{
    private JournalStore? _store;

    protected override ILeaseStore Open(int historyLimit) => _store ??= new JournalStore(Clock, historyLimit);
}

/// <summary>What the lease manager promises its nodes, over this store.</summary>
public sealed class JournalLeaseTests : LeaseManagerContract
{
    private JournalStore? _store;

    protected override ILeaseStore Open(int historyLimit) => _store ??= new JournalStore(Clock, historyLimit);
}
