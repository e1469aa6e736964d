namespace Overlay.Linux.Netlink;

/// <summary>Collects what a reader makes of the answers; messages that it refuses are left out.</summary>
internal readonly struct ListVisitor<T>(ListVisitor<T>.Reader read) : INetlinkVisitor
{
    /// <summary>Makes a value of a message, or refuses it.</summary>
    public delegate bool Reader(NetlinkMessage message, out T value);

    /// <summary>What was collected.</summary>
    public List<T> Items { get; } = [];

    /// <inheritdoc/>
    public void Begin() => Items.Clear();

    /// <inheritdoc/>
    public void Visit(NetlinkMessage message)
    {
        if (read(message, out var value))
        {
            Items.Add(value);
        }
    }
}
