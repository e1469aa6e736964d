using Overlay.Linux.Interop;
using Overlay.Linux.Namespaces;
using Overlay.Linux.Netlink;
using Overlay.Linux.Netlink.Route;

namespace Overlay.WireGuard.Device;

/// <summary>The network namespace that the interface is in, as long as it stays there, and its index in it.</summary>
internal sealed class LinkPlace : IDisposable
{
    // It may move or be renamed between two of our questions.
    private const int Tries = 10;

    private readonly RouteNetlink _netlink;
    private readonly int _index;

    private LinkPlace(NetlinkSocket events, RouteNetlink netlink, Link link)
    {
        (Events, _netlink, _index) = (events, netlink, link.Index);
        Name = link.Name;
    }

    /// <summary>Where changes of links are announced.</summary>
    public NetlinkSocket Events { get; }

    public string Name { get; }

    /// <summary>Finds the interface through its descriptor, wherever it is; <see langword="null"/> when it was deleted.</summary>
    /// <exception cref="NetlinkException">The namespace cannot be entered or read.</exception>
    public static LinkPlace? Find(TunQueue tun)
    {
        for (var i = 0; i < Tries; i++)
        {
            var errno = tun.OpenNamespace(out var handle);
            using (handle)
            {
                if (tun.GetName(out var name) == Uapi.EBADFD || errno == Uapi.EBADFD)
                {
                    return null;
                }

                // A kernel that cannot tell (before 5.5) lets us follow in our own namespace.
                if ((errno == 0 ? In(handle, () => Open(name)) : Open(name)) is { } place)
                {
                    return place;
                }
            }
        }

        throw new NetlinkException("get link", Uapi.ENODEV, "the interface keeps moving");
    }

    /// <summary>How the interface stands; <see langword="null"/> when it is not here any more.</summary>
    public Link? Read() => _netlink.FindLink(_index);

    public void Change(in LinkSettings settings)
    {
        var copy = settings;
        _netlink.Execute(batch => batch.ChangeLink(_index, copy));
    }

    public void Dispose()
    {
        Events.Dispose();
        _netlink.Dispose();
    }

    private static LinkPlace? In(FileDescriptor handle, Func<LinkPlace?> work)
    {
        using var place = NetworkNamespace.OpenPath($"/proc/self/fd/{handle.DangerousGetHandle()}");
        return place.Run(work);
    }

    private static LinkPlace? Open(string name)
    {
        var events = NetlinkSocket.Open(NetlinkProtocol.Route);
        events.Join(RouteGroup.Link);
        var netlink = new RouteNetlink();
        if (netlink.FindLink(name) is { } link)
        {
            return new LinkPlace(events, netlink, link);
        }

        events.Dispose();
        netlink.Dispose();
        return null;
    }
}
