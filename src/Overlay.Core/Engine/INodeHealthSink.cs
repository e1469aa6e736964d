namespace Overlay.Core.Engine;

/// <summary>Wants to know whether this node's network works: Kubernetes' NetworkUnavailable condition, for example.</summary>
public interface INodeHealthSink
{
    /// <summary>Takes note; called once the node is ready, and at each change from then on. It does not wait for anybody.</summary>
    /// <param name="fault">Why the network cannot carry packets, in one sentence; <see langword="null"/> while it can.</param>
    void Report(string? fault);
}
