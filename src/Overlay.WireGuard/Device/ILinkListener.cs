using Overlay.Linux.Netlink.Route;

namespace Overlay.WireGuard.Device;

/// <summary>Who wants to know how the interface stands. Called on the follower's thread.</summary>
internal interface ILinkListener
{
    /// <summary>The interface is like this now. <see langword="false"/> asks for another call in a second.</summary>
    bool LinkChanged(Link link);

    /// <summary>The interface was deleted.</summary>
    void LinkGone();

    /// <summary>Routes have changed where the sockets are.</summary>
    void RoutesChanged();
}
