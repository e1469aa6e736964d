using Overlay.Core.Leases;
using Overlay.TestKit.Leases;

namespace Overlay.Sqlite.Tests;

public sealed class SqliteLeaseReservationTests : LeaseReservationContract, IDisposable
{
    private readonly TemporaryStore _files = new();

    public void Dispose() => _files.Dispose();

    protected override ILeaseStore Open(int historyLimit) => _files.Open(Clock, historyLimit);
}
