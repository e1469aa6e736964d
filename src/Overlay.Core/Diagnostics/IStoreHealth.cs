namespace Overlay.Core.Diagnostics;

/// <summary>What a lease manager or a configuration source also says when its store can be away while the node goes on.</summary>
public interface IStoreHealth
{
    /// <summary>Why the store cannot be used now; <see langword="null"/> while it answers.</summary>
    string? StoreFault { get; }
}
