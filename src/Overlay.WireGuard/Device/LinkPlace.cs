using Overlay.Linux.Interop;
using Overlay.Linux.Namespaces;
using Overlay.Linux.Netlink;
using Overlay.Linux.Netlink.Route;

namespace Overlay.WireGuard.Device;

/// <summary>Looks at the interface in whichever network namespace it is. Nothing is held of another namespace than that of the thread that made this: who deletes it, deletes the
/// interface with it.</summary>
internal sealed class LinkPlace(TunQueue tun) : IDisposable
{
    private const int ENOTTY = 25;

    // It may move or be renamed between two of our questions.
    private const int Tries = 10;

    private readonly RouteNetlink _home = new();
    private readonly string? _homeName = NameOf("/proc/thread-self/ns/net");

    /// <summary>The namespace, as the kernel names it: <c>net:[4026531840]</c>; <see langword="null"/> before the first look.</summary>
    public string? Name { get; private set; }

    /// <summary>How the interface stands; <see langword="null"/> when it was deleted.</summary>
    /// <exception cref="NetlinkException">It cannot be told now.</exception>
    public Link? Read()
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

                // A kernel that cannot tell where it is (before 5.5) lets us look in our own namespace.
                if (errno is not (0 or ENOTTY or Uapi.EINVAL))
                {
                    throw new NetlinkException("get namespace", errno);
                }

                var link = errno == 0 && IsElsewhere(handle) ? Look(handle, name) : _home.FindLink(name);
                if (link is not null)
                {
                    return link;
                }
            }
        }

        throw new NetlinkException("get link", Uapi.ENODEV);
    }

    /// <summary>Changes the interface, which is still where it was made.</summary>
    public void Change(LinkSettings settings)
    {
        tun.GetName(out var name);
        if (_home.FindLink(name) is { } link)
        {
            _home.Execute(batch => batch.ChangeLink(link.Index, settings));
        }
    }

    public void Dispose() => _home.Dispose();

    private static string? NameOf(string path) => new FileInfo(path).LinkTarget;

    private bool IsElsewhere(FileDescriptor handle)
    {
        Name = NameOf($"/proc/self/fd/{handle.DangerousGetHandle()}");
        return Name != _homeName;
    }

    private Link? Look(FileDescriptor handle, string name)
    {
        try
        {
            _home.Execute(batch => batch.NumberNamespace(handle));
        }
        catch (NetlinkException)
        {
            // It has a number: the kernel gives one when an interface moves.
        }

        using var place = NetworkNamespace.OpenPath($"/proc/self/fd/{handle.DangerousGetHandle()}");
        return place.Run(() =>
        {
            using var netlink = new RouteNetlink();
            return netlink.FindLink(name);
        });
    }
}
