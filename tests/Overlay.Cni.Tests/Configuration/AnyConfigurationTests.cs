using System.Text;
using CsCheck;
using Overlay.Cni.Configuration;
using Overlay.Cni.Delegation;
using Overlay.Cni.Protocol;
using Xunit;

namespace Overlay.Cni.Tests.Configuration;

/// <summary>Whatever a runtime sends is understood or refused by a typed error.</summary>
public sealed class AnyConfigurationTests
{
    private static readonly SubnetEnvironment _environment =
        SubnetEnvironment.Parse("FLANNEL_NETWORK=10.1.0.0/16\nFLANNEL_SUBNET=10.1.17.1/24\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=true\n", "f");

    private static readonly string[] _keys =
    [
        "cniVersion", "name", "type", "subnetFile", "dataDir", "controlSocket", "delegate", "ipam", "runtimeConfig", "prevResult", "args", "dns", "bridge", "isGateway", "isDefaultGateway",
        "ipMasq", "mtu", "hairpinMode", "promiscMode", "portIsolation", "vlan", "vlanTrunk", "routes", "dst", "gw", "priority", "bandwidth", "ingressRate", "ingressBurst", "egressRate", "egressBurst",
        "ips", "mac", "cni", "interfaces", "ip4", "ip6", "ip", "address", "gateway", "interface", "nameservers", "search", "DELEGATE", "\\ud800",
    ];

    private static readonly string[] _values =
    [
        "null", "true", "false", "0", "-1", "1450", "1e400", "18446744073709551616", "1.5", "\"\"", "\"cbr0\"", "\"1.0.0\"", "\"1.1.0\"", "\"10.1.17.9\"", "\"10.1.17.9/24\"", "\"fd00::1\"", "\"::/0\"",
        "\"0.0.0.0/0\"", "\"0a:58:0a:01:11:02\"", "\"/tmp\"", "\"a b\"", "\"\\ud800\"", "[]", "{}",
    ];

    private static readonly Gen<string> _scalar = Choose.From(_values);

    private static Gen<string> Value(int depth) => depth == 0
        ? _scalar
        : Gen.OneOf(
            _scalar,
            Value(depth - 1).Array[0, 3].Select(values => $"[{string.Join(',', values)}]"),
            Gen.Select(Choose.From(_keys), Value(depth - 1)).Array[0, 8].Select(members => $"{{{string.Join(',', members.Select(member => $"\"{member.Item1}\":{member.Item2}"))}}}"));

    [Fact]
    public void Read_AnyJson_GivesAnOrderOrARefusal() =>
        Value(4).Sample(text => Read(Encoding.UTF8.GetBytes(text.StartsWith('{') ? "{\"name\":\"n\",\"type\":\"t\"," + (text.Length > 2 ? text[1..] : "\"x\":0}") : text)), iter: 20_000);

    [Fact]
    public void Read_AnyBytes_GivesAnOrderOrARefusal() => Gen.Byte.Array[0, 200].Sample(Read);

    [Fact]
    public void Read_BrokenConfiguration_GivesAnOrderOrARefusal()
    {
        var whole = """{"cniVersion":"1.0.0","name":"cbr0","type":"flannel","delegate":{"isDefaultGateway":true,"mtu":1400},"ipam":{"routes":[{"dst":"10.0.0.0/8","gw":"10.1.17.1"}]},"runtimeConfig":{"bandwidth":{"ingressRate":8000,"ingressBurst":80000}}}"""u8.ToArray();
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Byte, Gen.Int[0, whole.Length]).Sample((at, value, length) =>
        {
            var bytes = whole.ToArray();
            bytes[at] = value;
            Read(bytes[..length]);
        });
    }

    private static void Read(byte[] bytes)
    {
        try
        {
            var root = JsonValue.Parse(bytes, "The configuration");
            var network = NetworkDefinition.Read(root);
            AttachmentOrder.Read(network, CniArguments.None, _environment);
            DelegateConfiguration.ForPlugin(network, _environment, network.Version).ToBytes();
        }
        catch (CniException exception)
        {
            Assert.NotEmpty(exception.Message);
        }
    }
}
