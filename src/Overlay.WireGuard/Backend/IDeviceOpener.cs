using Overlay.Core.Diagnostics;
using Overlay.WireGuard.Control;

namespace Overlay.WireGuard.Backend;

/// <summary>Where the backend's devices come from. They work in the network namespace of the calling thread.</summary>
internal interface IDeviceOpener
{
    /// <summary>Whether the kernel has, or can load, its <c>wireguard</c> module.</summary>
    bool HasKernelModule();

    /// <summary>Takes hold of a device that stands in the kernel.</summary>
    /// <exception cref="WireGuardException">There is none of that name.</exception>
    IWireGuardDevice OpenKernel(string name);

    /// <summary>Makes a device that this process carries, and sets it up.</summary>
    /// <param name="name">The device's name.</param>
    /// <param name="mtu">The largest packet, in bytes.</param>
    /// <param name="changed">Called after others (<c>wg set</c>) have changed the device.</param>
    /// <param name="index">The link's index.</param>
    /// <exception cref="OverlayException">It cannot be made.</exception>
    IWireGuardDevice OpenUserspace(string name, int mtu, Action changed, out int index);

    /// <summary>Finds a device that another process of this network namespace carries; <see langword="null"/> when there is none that answers on its control socket.</summary>
    ValueTask<(IWireGuardDevice Device, int Index)?> FindRunningAsync(string name, CancellationToken cancellationToken);

    /// <summary>Has a device greet peers that it has just got: a device that was made anew knows no sessions, while they may still send with the old ones.</summary>
    void Greet(IWireGuardDevice device, IReadOnlyList<Protocol.Keys.PublicKey> peers);
}
