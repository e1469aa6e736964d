using Overlay.Linux.Kernel;
using Overlay.Linux.Netlink;
using Overlay.Linux.Netlink.Route;

namespace Overlay.Linux.Tests.Kernel;

/// <content>What tests look at.</content>
internal sealed partial class KernelHost
{
    // AF_INET6; the first byte of every message of NETLINK_ROUTE is the family.
    private const byte IPv6Family = 10;

    /// <summary>Runs commands of <c>ip</c>, or of <c>bridge</c> when they begin with <c>fdb</c>; several are separated by semicolons.</summary>
    public void Do(string commands)
    {
        foreach (var command in commands.Split(';', StringSplitOptions.TrimEntries))
        {
            if (command.StartsWith("fdb ", StringComparison.Ordinal))
            {
                Bridge(command);
            }
            else
            {
                Ip(command);
            }
        }
    }

    /// <summary>Opens a socket that hears of every change.</summary>
    public NetlinkSocket Listen()
    {
        var socket = Namespace.Run(() => NetlinkSocket.Open(NetlinkProtocol.Route));
        foreach (var group in Enum.GetValues<RouteGroup>().Where(group => group != RouteGroup.None))
        {
            socket.Join(group);
        }

        return socket;
    }

    /// <summary>The types of the messages that wait in the socket, those about IPv6 left out.</summary>
    public static List<int> Heard(NetlinkSocket socket)
    {
        var types = new List<int>();
        using var buffer = new NetlinkBuffer();
        while (socket.Receive(buffer) == NetlinkReceipt.Datagram)
        {
            foreach (var message in buffer.Messages)
            {
                // The kernel announces the underlay's own IPv6 addresses and routes late, from a work queue; nothing here makes any.
                if (message.Payload[0] != IPv6Family)
                {
                    types.Add(message.Type);
                }
            }
        }

        return types;
    }

    /// <summary>Everything on the device, in words, without what a new device changes.</summary>
    public string State() => State(Device, Claim);

    public string State(string device, ScopeClaim claim)
    {
        if (Route.FindLink(device) is not { } link)
        {
            return "no device";
        }

        var isOnUnderlay = Route.FindLink("eth0")?.Index == link.Vxlan?.Underlay;
        return string.Join('\n',
            [
                $"{link with { Index = 0, Lower = 0, Vxlan = link.Vxlan!.Value with { Underlay = isOnUnderlay ? 1 : 2 } }}",
                .. Route.ListAddresses(link.Index).Where(a => a.Scope == 0).Select(a => $"{a with { Link = 0 }}").Order(),
                .. Route.ListNeighbours(link.Index).Where(n => n.State == NeighbourStates.Permanent).Select(n => $"{n with { Link = 0 }}").Order(),
                .. Route.ListForwarding(link.Index).Select(f => $"{f with { Link = 0 }}").Order(),
                .. Route.ListRoutes(table: RouteMessage.MainTable).Where(r => claim.HasNetworkOf(r.Destination) && r.Protocol != 2)
                    .Select(r => $"{r with { Link = r.Link == link.Index ? 1 : 0 }}").Order(),
            ]);
    }
}
