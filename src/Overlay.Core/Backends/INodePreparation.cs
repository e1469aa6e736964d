using Overlay.Core.Addressing;
using Overlay.Core.Diagnostics;

namespace Overlay.Core.Backends;

/// <summary>Readies the node before a network is opened: the kernel settings that forwarding needs, for example.</summary>
public interface INodePreparation
{
    /// <summary>Sets what this process may set and names what it may not.</summary>
    /// <exception cref="OverlayException">A setting is wrong and cannot be changed from here; the message names it and the remedy.</exception>
    ValueTask PrepareAsync(AddressFamilies families, CancellationToken cancellationToken);
}
