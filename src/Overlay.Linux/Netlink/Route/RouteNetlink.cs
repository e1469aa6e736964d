using System.Net.Sockets;
using Overlay.Core.Addressing;
using static Overlay.Linux.Interop.Uapi;

namespace Overlay.Linux.Netlink.Route;

/// <summary>Asks the kernel about one network namespace's links, addresses, routes and neighbours, and changes them. Not safe for several threads.</summary>
public sealed class RouteNetlink : IDisposable
{
    private readonly NetlinkBatch _batch = new();

    /// <summary>Opens a socket in the network namespace of the calling thread.</summary>
    public RouteNetlink()
        : this(NetlinkConnection.Open(NetlinkProtocol.Route))
    {
    }

    /// <summary>Talks through <paramref name="connection"/>, and owns it from now on.</summary>
    public RouteNetlink(NetlinkConnection connection) => Connection = connection;

    /// <summary>The connection beneath, for batches of one's own.</summary>
    public NetlinkConnection Connection { get; }

    /// <summary>Sends the requests that <paramref name="write"/> appends.</summary>
    /// <exception cref="NetlinkException">The kernel refused one; it did the others.</exception>
    public void Execute(Action<NetlinkBatch> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        _batch.Clear();
        write(_batch);
        Connection.Execute(_batch);
    }

    /// <summary>All links, or those of one kind.</summary>
    public List<Link> ListLinks(string? kind = null)
    {
        _batch.Clear();
        _batch.DumpLinks(kind);
        return List<Link>(TryRead);
    }

    /// <summary>The link of that name; <see langword="null"/> if there is none.</summary>
    public Link? FindLink(string name)
    {
        _batch.Clear();
        _batch.GetLink(name);
        return FindLink();
    }

    /// <summary>The link with that index; <see langword="null"/> if there is none.</summary>
    public Link? FindLink(int index)
    {
        _batch.Clear();
        _batch.GetLink(index);
        return FindLink();
    }

    /// <summary>The addresses of all links, or of one; none if that link does not exist.</summary>
    public List<AddressMessage> ListAddresses(int link = 0, AddressFamily family = AddressFamily.Unspecified)
    {
        _batch.Clear();
        _batch.DumpAddresses(link, family);
        return List<AddressMessage>(AddressMessage.TryRead, ENODEV);
    }

    /// <summary>The routes of both families or of one, optionally only those of a table, a link or a protocol; none if that table or link does not exist.</summary>
    public List<RouteMessage> ListRoutes(AddressFamily family = AddressFamily.Unspecified, uint table = 0, int link = 0, byte protocol = 0)
    {
        _batch.Clear();
        _batch.DumpRoutes(family, table, link, protocol);
        return List<RouteMessage>(RouteMessage.TryRead, ENODEV, ENOENT);
    }

    /// <summary>The route that packets to <paramref name="destination"/> take.</summary>
    /// <exception cref="NetlinkException">There is none, or it says "unreachable" or the like.</exception>
    public RouteMessage GetRoute(InetAddress destination, int link = 0)
    {
        _batch.Clear();
        _batch.GetRoute(destination, link);
        var routes = List<RouteMessage>(RouteMessage.TryRead);
        return routes.Count > 0 ? routes[0] : throw new NetlinkException("get route", EHOSTUNREACH);
    }

    /// <summary>The neighbours of all links, or of one; of both families, or of one.</summary>
    public List<NeighbourMessage> ListNeighbours(int link = 0, AddressFamily family = AddressFamily.Unspecified)
    {
        _batch.Clear();
        _batch.DumpNeighbours(link, family);
        return List<NeighbourMessage>(NeighbourMessage.TryRead);
    }

    /// <summary>The forwarding entries of all links, or of one.</summary>
    public List<ForwardingMessage> ListForwarding(int link = 0)
    {
        _batch.Clear();
        _batch.DumpForwarding(link);
        return List<ForwardingMessage>(ForwardingMessage.TryRead, ENODEV);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Connection.Dispose();
        _batch.Dispose();
    }

    private Link? FindLink()
    {
        var links = List<Link>(TryRead, ENODEV);
        return links.Count > 0 ? links[0] : null;
    }

    private static bool TryRead(NetlinkMessage message, out Link link)
    {
        var isLink = LinkMessage.TryRead(message, out var view);
        link = isLink ? view.ToLink() : null!;
        return isLink;
    }

    private List<T> List<T>(ListVisitor<T>.Reader read, params ReadOnlySpan<int> isEmpty)
    {
        var visitor = new ListVisitor<T>(read);
        try
        {
            Connection.Query(_batch, ref visitor);
        }
        catch (NetlinkException e) when (isEmpty.Contains(e.Errno))
        {
            return [];
        }

        return visitor.Items;
    }
}
