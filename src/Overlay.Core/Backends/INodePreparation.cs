using Overlay.Core.Configuration;
using Overlay.Core.Diagnostics;

namespace Overlay.Core.Backends;

/// <summary>Readies the node as soon as the configuration is known and before anything else is touched: kernel settings that forwarding needs, or
/// the refusal of a second agent on one network. All of them run, in the order in which they were registered.</summary>
public interface INodePreparation
{
    /// <summary>Sets what this process may set and names what it may not.</summary>
    /// <exception cref="OverlayException">A setting is wrong and cannot be changed from here; the message names it and the remedy.</exception>
    ValueTask PrepareAsync(NetworkConfiguration configuration, CancellationToken cancellationToken);
}
