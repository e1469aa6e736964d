using Overlay.Core.Leases;
using Overlay.TestKit.Leases;

namespace Overlay.Core.Tests.Leases;

public sealed class InMemoryLeaseReservationTests : LeaseReservationContract, IDisposable
{
    private InMemoryLeaseStore? _store;

    public void Dispose() => _store?.Dispose();

    protected override ILeaseStore Open(int historyLimit) => _store ??= new InMemoryLeaseStore(Clock, historyLimit);
}
