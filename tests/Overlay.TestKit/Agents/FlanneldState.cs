using System.Net;
using Overlay.TestKit.Namespaces;

namespace Overlay.TestKit.Agents;

/// <summary>The kernel state and files of a node as flanneld 0.28 leaves them, made by the tools: a VXLAN device, <c>proto boot</c> routes, neighbours, forwarding
/// entries (flannel-facts 5.V), <c>subnet.env</c> (2.1), iptables chains (6.A).</summary>
public sealed class FlanneldState
{
    /// <summary>A node of flannel's example network 10.244.0.0/16.</summary>
    public FlanneldState(TestHost host)
    {
        ArgumentNullException.ThrowIfNull(host);
        Host = host;
        Subnet = IPNetwork.Parse($"10.244.{host.Number}.0/24");
        Mac = $"02:f1:a2:00:00:{host.Number:x2}";
    }

    /// <summary>The node.</summary>
    public TestHost Host { get; }

    /// <summary>Its subnet, 10.244.N.0/24.</summary>
    public IPNetwork Subnet { get; }

    /// <summary>The Ethernet address of its <c>flannel.1</c>.</summary>
    public string Mac { get; }

    /// <summary>The value that flanneld writes to etcd for it (flannel-facts 3.2).</summary>
    public string LeaseValue => $$$"""{"PublicIP":"{{{Host.Addresses.IPv4}}}","PublicIPv6":null,"BackendType":"vxlan","BackendData":{"VNI":1,"VtepMAC":"{{{Mac}}}"}}""";

    /// <summary>The lines of <c>subnet.env</c>.</summary>
    public string SubnetEnv => $"""
        FLANNEL_NETWORK=10.244.0.0/16
        FLANNEL_SUBNET=10.244.{Host.Number}.1/24
        FLANNEL_MTU=1450
        FLANNEL_IPMASQ=true

        """;

    /// <summary>The rules of iptables mode, as <c>iptables -S</c> prints them.</summary>
    public string[] NatRules =>
    [
        "-A POSTROUTING -m comment --comment \"flanneld masq\" -j FLANNEL-POSTRTG",
        "-A FLANNEL-POSTRTG -m mark --mark 0x4000/0x4000 -m comment --comment \"flanneld masq\" -j RETURN",
        $"-A FLANNEL-POSTRTG -s {Subnet} -d 10.244.0.0/16 -m comment --comment \"flanneld masq\" -j RETURN",
        $"-A FLANNEL-POSTRTG -s 10.244.0.0/16 -d {Subnet} -m comment --comment \"flanneld masq\" -j RETURN",
        $"-A FLANNEL-POSTRTG ! -s 10.244.0.0/16 -d {Subnet} -m comment --comment \"flanneld masq\" -j RETURN",
        "-A FLANNEL-POSTRTG -s 10.244.0.0/16 ! -d 224.0.0.0/4 -m comment --comment \"flanneld masq\" -j MASQUERADE --random-fully",
        "-A FLANNEL-POSTRTG ! -s 10.244.0.0/16 -d 10.244.0.0/16 -m comment --comment \"flanneld masq\" -j MASQUERADE --random-fully",
    ];

    /// <summary>The rules of the filter table.</summary>
    public static IReadOnlyList<string> FilterRules { get; } =
    [
        "-A FORWARD -m comment --comment \"flanneld forward\" -j FLANNEL-FWD",
        "-A FLANNEL-FWD -s 10.244.0.0/16 -m comment --comment \"flanneld forward\" -j ACCEPT",
        "-A FLANNEL-FWD -d 10.244.0.0/16 -m comment --comment \"flanneld forward\" -j ACCEPT",
    ];

    /// <summary>Makes all of it, with entries for the peers.</summary>
    /// <param name="peers">The other nodes.</param>
    /// <param name="subnetFile">Where <c>subnet.env</c> goes.</param>
    public async Task MakeAsync(IEnumerable<FlanneldState> peers, string subnetFile)
    {
        ArgumentNullException.ThrowIfNull(peers);
        var links = new List<string>
        {
            $"link add flannel.1 address {Mac} mtu 1450 type vxlan id 1 local {Host.Addresses.IPv4} dev eth0 dstport 8472 nolearning",
            $"address add {Subnet.BaseAddress}/32 dev flannel.1",
            "link set flannel.1 up",
        };
        var bridges = new List<string>();
        foreach (var peer in peers)
        {
            links.Add($"neigh replace {peer.Subnet.BaseAddress} lladdr {peer.Mac} nud permanent dev flannel.1");
            bridges.Add($"fdb replace {peer.Mac} dev flannel.1 dst {peer.Host.Addresses.IPv4} self permanent");
            links.Add($"route replace {peer.Subnet} via {peer.Subnet.BaseAddress} dev flannel.1 onlink proto boot");
        }

        await Tool.FeedAsync(Host.Name, "ip -batch", string.Join('\n', links) + '\n');
        await Tool.FeedAsync(Host.Name, "bridge -batch", string.Join('\n', bridges) + '\n');
        await Tool.FeedAsync(
            Host.Name,
            "iptables-restore --noflush",
            $"*nat\n:FLANNEL-POSTRTG - [0:0]\n{string.Join('\n', NatRules)}\nCOMMIT\n*filter\n:FLANNEL-FWD - [0:0]\n{string.Join('\n', FilterRules)}\nCOMMIT\n");
        await File.WriteAllTextAsync(subnetFile, SubnetEnv);
    }
}
