using Overlay.Core.Leases;
using Overlay.TestKit.Leases;
using Xunit;

namespace Overlay.Etcd.Tests.Contracts;

public sealed class EtcdLeaseManagerTests(EtcdServer server) : LeaseManagerContract, IClassFixture<EtcdServer>, IDisposable
{
    private readonly TimedStores _stores = new(server);

    // A living owner has the claim's three seconds of this clock to answer through etcd.
    protected override TimeSpan ClockStep => TimeSpan.FromMilliseconds(5);

    public void Dispose() => _stores.Dispose();

    protected override ILeaseStore Open(int historyLimit) => _stores.Open(Clock, historyLimit);
}
