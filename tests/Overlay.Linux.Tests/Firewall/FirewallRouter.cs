using System.Net;
using System.Net.Sockets;
using Overlay.Linux.Namespaces;
using Xunit;

namespace Overlay.Linux.Tests.Firewall;

/// <summary>A node between a workload of its own, a workload of another node and the world outside, all in both families:
/// <code>pod 10.244.1.2 -- 10.244.1.1 node 192.168.50.1 -- remote pod 10.244.2.2
///                        node 203.0.113.1 -- outside 203.0.113.2</code></summary>
internal sealed class FirewallRouter : IDisposable
{
    public static readonly IPAddress Pod = IPAddress.Parse("10.244.1.2");
    public static readonly IPAddress RemotePod = IPAddress.Parse("10.244.2.2");
    public static readonly IPAddress Outside = IPAddress.Parse("203.0.113.2");
    public static readonly IPAddress NodeOutside = IPAddress.Parse("203.0.113.1");
    public static readonly IPAddress NodeUnderlay = IPAddress.Parse("192.168.50.1");
    public static readonly IPAddress Pod6 = IPAddress.Parse("fd00:10:244:1::2");
    public static readonly IPAddress RemotePod6 = IPAddress.Parse("fd00:10:244:2::2");
    public static readonly IPAddress Outside6 = IPAddress.Parse("2001:db8:113::2");
    public static readonly IPAddress NodeOutside6 = IPAddress.Parse("2001:db8:113::1");
    public static readonly IPAddress NodeUnderlay6 = IPAddress.Parse("2001:db8:50::1");

    private FirewallRouter(FirewallHost node)
    {
        Node = node;
        PodHost = NetworkNamespace.Create($"{node.Name}p");
        RemoteHost = NetworkNamespace.Create($"{node.Name}r");
        OutsideHost = NetworkNamespace.Create($"{node.Name}o");
    }

    public FirewallHost Node { get; }

    public NetworkNamespace PodHost { get; }

    public NetworkNamespace RemoteHost { get; }

    public NetworkNamespace OutsideHost { get; }

    public static async Task<FirewallRouter> CreateAsync()
    {
        var node = new FirewallHost();
        var router = new FirewallRouter(node);
        try
        {
            foreach (var place in new[] { node.Namespace, router.PodHost, router.RemoteHost, router.OutsideHost })
            {
                // Link-local addresses of IPv6 are to work at once.
                place.Run(() => File.WriteAllText("/proc/sys/net/ipv6/conf/default/accept_dad", "0"));
            }

            await router.ConnectAsync("p", "10.244.1.1/24 fd00:10:244:1::1/64", "10.244.1.2/24 fd00:10:244:1::2/64", "default via 10.244.1.1", "default via fd00:10:244:1::1");
            await router.ConnectAsync("r", "192.168.50.1/24 2001:db8:50::1/64", "192.168.50.2/24 10.244.2.2/32 2001:db8:50::2/64 fd00:10:244:2::2/128", "default via 192.168.50.1", "default via 2001:db8:50::1");
            await router.ConnectAsync("o", "203.0.113.1/24 2001:db8:113::1/64", "203.0.113.2/24 2001:db8:113::2/64", "default via 203.0.113.1", "default via 2001:db8:113::1");
            await node.RunAsync("ip -batch -", "route add 10.244.2.0/24 via 192.168.50.2\nroute add fd00:10:244:2::/64 via 2001:db8:50::2\n");
            node.Namespace.Run(() =>
            {
                File.WriteAllText("/proc/sys/net/ipv4/ip_forward", "1");
                File.WriteAllText("/proc/sys/net/ipv6/conf/all/forwarding", "1");
            });
            return router;
        }
        catch
        {
            router.Dispose();
            throw;
        }
    }

    /// <summary>The source address that a packet shows at its destination; <see langword="null"/> when it does not arrive.</summary>
    public static async Task<IPAddress?> SeenAsync(NetworkNamespace from, IPAddress source, NetworkNamespace to, IPAddress destination)
    {
        using var receiver = Open(to, destination);
        using var sender = Open(from, source);
        await sender.SendToAsync("?"u8.ToArray(), receiver.LocalEndPoint!);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(1));
        try
        {
            return ((IPEndPoint)(await receiver.ReceiveFromAsync(new byte[8], receiver.LocalEndPoint!, deadline.Token)).RemoteEndPoint).Address;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>A UDP socket with a free port.</summary>
    public static Socket Open(NetworkNamespace place, IPAddress address) => place.Run(() =>
    {
        var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(address, 0));
        return socket;
    });

    public void Dispose()
    {
        PodHost.Dispose();
        RemoteHost.Dispose();
        OutsideHost.Dispose();
        Node.Dispose();
    }

    private async Task ConnectAsync(string letter, string near, string far, params string[] routes)
    {
        var peer = Node.Name + letter;
        await Node.RunAsync("ip -batch -", $"link add v{letter} type veth peer name eth0 netns {peer}\nlink set v{letter} up\n{Addresses(near, $"v{letter}")}");
        await Node.RunAsync($"ip -n {peer} -batch -", $"link set lo up\nlink set eth0 up\n{Addresses(far, "eth0")}{string.Concat(routes.Select(route => $"route add {route}\n"))}");

        static string Addresses(string addresses, string device) => string.Concat(addresses.Split(' ').Select(
            address => $"address add {address} dev {device}{(address.Contains(':', StringComparison.Ordinal) ? " nodad" : "")}\n"));
    }
}
