using System.Text;
using Overlay.Cni.Configuration;
using Overlay.Cni.Delegation;
using Overlay.Cni.Protocol;
using Xunit;

namespace Overlay.Cni.Tests.Delegation;

/// <summary>What delegates get, byte for byte as flannel's plugin writes it (flannel-facts 8.5 to 8.7).</summary>
public sealed class DelegateConfigurationTests
{
    private static readonly SubnetEnvironment _environment =
        SubnetEnvironment.Parse("FLANNEL_NETWORK=10.1.0.0/16\nFLANNEL_SUBNET=10.1.17.1/24\nFLANNEL_MTU=1472\nFLANNEL_IPMASQ=true\n", "f");

    [Theory]
    [InlineData(
        """{"name":"cni-flannel","type":"flannel","delegate":{"type":"bridge"}}""",
        """{"ipMasq":false,"ipam":{"ranges":[[{"subnet":"10.1.17.0/24"}]],"routes":[{"dst":"10.1.0.0/16"}],"type":"host-local"},"isGateway":true,"mtu":1472,"name":"cni-flannel","type":"bridge"}""")]
    [InlineData(
        """{"name":"n","type":"flannel","cniVersion":"1.0.0","delegate":{"type":"bridge","mtu":1400,"ipMasq":true,"isGateway":false,"zz":{"b":1,"a":[{"d":1,"c":2}]}},"ipam":{"dataDir":"/d","routes":[{"dst":"0.0.0.0/0"}]},"runtimeConfig":{"portMappings":[{"hostPort":80}]}}""",
        """{"cniVersion":"1.0.0","ipMasq":true,"ipam":{"dataDir":"/d","ranges":[[{"subnet":"10.1.17.0/24"}]],"routes":[{"dst":"0.0.0.0/0"},{"dst":"10.1.0.0/16"}],"type":"host-local"},"isGateway":false,"mtu":1400,"name":"n","runtimeConfig":{"portMappings":[{"hostPort":80}]},"type":"bridge","zz":{"a":[{"c":2,"d":1}],"b":1}}""")]
    [InlineData(
        """{"name":"n","type":"flannel","delegate":{"type":"ptp"}}""",
        """{"ipMasq":false,"ipam":{"ranges":[[{"subnet":"10.1.17.0/24"}]],"routes":[{"dst":"10.1.0.0/16"}],"type":"host-local"},"mtu":1472,"name":"n","type":"ptp"}""")]
    public void ForPlugin_IsFlannels(string configuration, string expected)
    {
        var network = NetworkDefinition.Read(JsonValue.Parse(Encoding.UTF8.GetBytes(configuration), "The configuration"));

        Assert.Equal(expected, Encoding.UTF8.GetString(DelegateConfiguration.ForPlugin(network, _environment, network.Version).ToBytes()));
    }
}
