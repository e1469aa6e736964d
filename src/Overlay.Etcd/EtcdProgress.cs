using Overlay.Etcd.Protocol;

namespace Overlay.Etcd;

/// <summary>One answer of a watch.</summary>
/// <param name="Events">The changes, in order.</param>
/// <param name="Revision">A watch that goes on after this revision misses nothing.</param>
internal sealed record EtcdProgress(IReadOnlyList<Event> Events, long Revision)
{
    /// <summary>The changes since the watch's beginning are forgotten: everything must be read again.</summary>
    public static EtcdProgress Lost { get; } = new([], -1);

    public bool IsLost => Revision < 0;
}
