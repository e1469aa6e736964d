using Overlay.Core.Leases;
using Overlay.TestKit.Leases;
using Xunit;

namespace Overlay.Etcd.Tests.Contracts;

public sealed class EtcdConcurrentLeaseTests(EtcdServer server) : ConcurrentLeaseContract, IClassFixture<EtcdServer>, IDisposable
{
    private readonly TimedStores _stores = new(server);

    protected override int StepsOfNode => 40;

    public void Dispose() => _stores.Dispose();

    protected override ILeaseStore Open(int historyLimit) => _stores.Open(Clock, historyLimit);
}
