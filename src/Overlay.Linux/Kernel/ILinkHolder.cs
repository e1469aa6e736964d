using Overlay.Core.Diagnostics;

namespace Overlay.Linux.Kernel;

/// <summary>Makes links that stand only as long as this process holds them, such as TUN devices. Called on the reconciler's thread.</summary>
public interface ILinkHolder
{
    /// <summary>Whether this process holds the link of that name and index, so that it need not be made.</summary>
    bool Holds(string name, int index);

    /// <summary>Makes a link of which there is none, and sets it up. What was held under that name before is gone.</summary>
    /// <param name="name">The link's name.</param>
    /// <param name="mtu">The largest packet, in bytes.</param>
    /// <exception cref="OverlayException">It cannot be made; the message says why.</exception>
    void Open(string name, int mtu);
}
