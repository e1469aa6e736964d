using Overlay.Core.Addressing;
using Overlay.Linux.Backends.Vxlan;
using Overlay.Linux.Netlink.Ethtool;
using Overlay.Linux.Underlay;
using Overlay.TestKit.Namespaces;
using Xunit;

namespace Overlay.Linux.Tests.Backends;

public class ChecksumOffloadTests
{
    [Theory]
    [InlineData(ChecksumOffload.Auto, "6.8", "ixgbe", null)]
    [InlineData(ChecksumOffload.Auto, "5.7", "", null)]
    [InlineData(ChecksumOffload.Auto, "5.6.19", "ixgbe", false)]
    [InlineData(ChecksumOffload.Auto, "4.18", "", false)]
    [InlineData(ChecksumOffload.Auto, "6.8", "802.1Q VLAN Support,vmxnet3", false)]
    [InlineData(ChecksumOffload.On, "4.18", "vmxnet3", true)]
    [InlineData(ChecksumOffload.Off, "6.8", "ixgbe", false)]
    public void Decide_WishKernelAndDriver_OffWhereItIsKnownToBreak(ChecksumOffload wish, string kernel, string drivers, bool? expected) =>
        Assert.Equal(expected, ChecksumChoice.Decide(wish, Version.Parse(kernel), drivers.Split(',')));

    [Theory]
    [Trait("Needs", "root")]
    [InlineData(ChecksumOffload.Auto, true)]
    [InlineData(ChecksumOffload.On, true)]
    [InlineData(ChecksumOffload.Off, false)]
    public async Task Activate_Wish_IsOnTheDevice(ChecksumOffload wish, bool expected)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        using var topology = new TestTopology(new TestTopologyOptions { Hosts = 1 });
        await using var node = new BackendNode(topology.Hosts[0], AddressFamilies.IPv4);
        node.VxlanOptions.TxChecksumOffload = wish;
        await node.OpenAsync();
        await node.ActivateAsync();

        Assert.Equal(expected, node.Host.Namespace.Run(() =>
        {
            using var features = new LinkFeatures();
            return features.IsOn("flannel.1", LinkFeatures.TransmitChecksum);
        }));
    }

    [Fact]
    [Trait("Needs", "root")]
    public void Read_Underlay_NamesItsDriver()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        using var topology = new TestTopology(new TestTopologyOptions { Hosts = 1 });
        var host = topology.Hosts[0];

        var drivers = host.Namespace.Run(() => UnderlayDrivers.Read(host.Route, host.Route.FindLink("eth0")!.Index));

        Assert.Equal(["veth"], drivers);
    }
}
