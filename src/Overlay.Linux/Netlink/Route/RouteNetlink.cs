using System.Net.Sockets;
using System.Runtime.InteropServices;
using Overlay.Core.Addressing;
using static Overlay.Linux.Interop.Uapi;

namespace Overlay.Linux.Netlink.Route;

/// <summary>Asks the kernel about one network namespace's links, addresses, routes and neighbours, and changes them. Not safe for several threads.</summary>
/// <remarks>The kernel filters what is listed. Kernels before 4.20 give everything, so that the lists are filtered here again.</remarks>
public sealed class RouteNetlink : IDisposable
{
    private readonly NetlinkBatch _changes = new();
    private readonly NetlinkBatch _query = new();
    private bool _isWriting;

    /// <summary>Opens a socket in the network namespace of the calling thread.</summary>
    public RouteNetlink()
        : this(NetlinkConnection.Open(NetlinkProtocol.Route))
    {
    }

    /// <summary>Talks through <paramref name="connection"/>, and owns it from now on.</summary>
    public RouteNetlink(NetlinkConnection connection) => Connection = connection;

    /// <summary>The connection beneath, for batches of one's own.</summary>
    public NetlinkConnection Connection { get; }

    /// <summary>Sends the requests that <paramref name="write"/> appends. It may ask this object what is there, but not change anything meanwhile.</summary>
    /// <exception cref="NetlinkException">The kernel refused one; it did the others.</exception>
    /// <exception cref="InvalidOperationException"><paramref name="write"/> calls this.</exception>
    public void Execute(Action<NetlinkBatch> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        if (_isWriting)
        {
            throw new InvalidOperationException("The requests of another call are being written.");
        }

        _changes.Clear();
        _isWriting = true;
        try
        {
            write(_changes);
        }
        finally
        {
            _isWriting = false;
        }

        Connection.Execute(_changes);
    }

    /// <summary>All links, or those of one kind.</summary>
    public List<Link> ListLinks(string? kind = null)
    {
        _query.Clear();
        _query.DumpLinks(kind);
        var links = List<Link>(TryRead);
        links.RemoveAll(entry => kind is not null && entry.Kind != kind);
        return links;
    }

    /// <summary>The link of that name; <see langword="null"/> if there is none.</summary>
    public Link? FindLink(string name)
    {
        _query.Clear();
        _query.GetLink(name);
        return FindLink();
    }

    /// <summary>The link with that index; <see langword="null"/> if there is none.</summary>
    public Link? FindLink(int index)
    {
        _query.Clear();
        _query.GetLink(index);
        return FindLink();
    }

    /// <summary>The link with that index in the namespace that has that number here; <see langword="null"/> if there is none, or if the kernel does not tell.</summary>
    internal Link? FindLink(int namespaceId, int index)
    {
        _query.Clear();
        _query.GetLink(namespaceId, index);
        var links = List<Link>(TryRead, ENODEV, EINVAL, EPERM, EACCES, EOPNOTSUPP);
        return links.Count > 0 ? links[0] : null;
    }

    /// <summary>The number by which an open namespace is known here; <see langword="null"/> if it has none.</summary>
    internal int? FindNamespaceId(SafeHandle target)
    {
        _query.Clear();
        _query.GetNamespaceId(target);
        var ids = List<int>(NamespaceRequests.TryReadNamespaceId, EINVAL, ENOENT);
        return ids.Count > 0 ? ids[0] : null;
    }

    /// <summary>The addresses of all links, or of one; none if that link does not exist.</summary>
    public List<AddressMessage> ListAddresses(int link = 0, AddressFamily family = AddressFamily.Unspecified)
    {
        _query.Clear();
        _query.DumpAddresses(link, family);
        var addresses = List<AddressMessage>(AddressMessage.TryRead, ENODEV);
        addresses.RemoveAll(entry => link != 0 && entry.Link != link);
        return addresses;
    }

    /// <summary>The routes of both families or of one, optionally only those of a table, a link or a protocol; none if that table or link does not exist.</summary>
    public List<RouteMessage> ListRoutes(AddressFamily family = AddressFamily.Unspecified, uint table = 0, int link = 0, byte protocol = 0)
    {
        _query.Clear();
        _query.DumpRoutes(family, table, link, protocol);
        var routes = List<RouteMessage>(RouteMessage.TryRead, ENODEV, ENOENT);
        routes.RemoveAll(entry => entry.IsCloned || (table != 0 && entry.Table != table) || (link != 0 && entry.Link != link) || (protocol != 0 && entry.Protocol != protocol));
        return routes;
    }

    /// <summary>The route that packets to <paramref name="destination"/> take; see <see cref="RouteRequests.GetRoute"/>.</summary>
    /// <exception cref="NetlinkException">There is none, or it says "unreachable" or the like.</exception>
    public RouteMessage GetRoute(InetAddress destination, int link = 0, uint mark = 0)
    {
        _query.Clear();
        _query.GetRoute(destination, link, mark);
        var routes = List<RouteMessage>(RouteMessage.TryRead);
        return routes.Count > 0 ? routes[0] : throw new NetlinkException("get route", EHOSTUNREACH);
    }

    /// <summary>The neighbours of all links, or of one; of both families, or of one.</summary>
    public List<NeighbourMessage> ListNeighbours(int link = 0, AddressFamily family = AddressFamily.Unspecified)
    {
        _query.Clear();
        _query.DumpNeighbours(link, family);
        var neighbours = List<NeighbourMessage>(NeighbourMessage.TryRead);
        neighbours.RemoveAll(entry => link != 0 && entry.Link != link);
        return neighbours;
    }

    /// <summary>The forwarding entries of all links, or of one.</summary>
    public List<ForwardingMessage> ListForwarding(int link = 0)
    {
        _query.Clear();
        _query.DumpForwarding(link);
        var entries = List<ForwardingMessage>(ForwardingMessage.TryRead, ENODEV);
        entries.RemoveAll(entry => link != 0 && entry.Link != link);
        return entries;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Connection.Dispose();
        _changes.Dispose();
        _query.Dispose();
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
            Connection.Query(_query, ref visitor);
        }
        catch (NetlinkException e) when (isEmpty.Contains(e.Errno))
        {
            return [];
        }

        return visitor.Items;
    }
}
