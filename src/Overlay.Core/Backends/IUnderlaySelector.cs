using Overlay.Core.Addressing;
using Overlay.Core.Diagnostics;

namespace Overlay.Core.Backends;

/// <summary>Chooses the interface between nodes and follows it.</summary>
public interface IUnderlaySelector
{
    /// <summary>Chooses once. The value given follows the interface's MTU, addresses and index until the process ends.</summary>
    /// <exception cref="OverlayException">No interface fits; the message lists those considered and why each was refused.</exception>
    ValueTask<Live<Underlay>> SelectAsync(UnderlaySelection selection, AddressFamilies families, CancellationToken cancellationToken);
}
