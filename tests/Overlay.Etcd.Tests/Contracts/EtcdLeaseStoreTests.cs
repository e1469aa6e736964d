using Overlay.Core.Leases;
using Overlay.TestKit.Leases;
using Xunit;

namespace Overlay.Etcd.Tests.Contracts;

public sealed class EtcdLeaseStoreTests(EtcdServer server) : LeaseStoreContract, IClassFixture<EtcdServer>, IDisposable
{
    private readonly TimedStores _stores = new(server);

    public void Dispose() => _stores.Dispose();

    protected override ILeaseStore Open(int historyLimit) => _stores.Open(Clock, historyLimit);
}
