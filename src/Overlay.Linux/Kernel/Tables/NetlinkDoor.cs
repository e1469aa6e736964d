using Overlay.Linux.Interop;
using Overlay.Linux.Netlink;
using Overlay.Linux.Netlink.Ethtool;
using Overlay.Linux.Netlink.Route;
using static Overlay.Linux.Interop.Uapi;

namespace Overlay.Linux.Kernel;

/// <summary>The kernel over netlink: one socket for requests and dumps, one for notifications, whose single queue keeps the kernel's order between
/// tables. Both belong to the network namespace of the constructing thread.</summary>
internal sealed class NetlinkDoor : IKernelDoor
{
    // A flood of others' changes must not keep the reconciler from its own work.
    private const int MaxDatagrams = 50_000;

    private static readonly RouteGroup[] _groups =
    [
        RouteGroup.Link, RouteGroup.IPv4Address, RouteGroup.IPv6Address, RouteGroup.Neighbour, RouteGroup.IPv4Route, RouteGroup.IPv6Route,
    ];

    private readonly NetlinkSocket _notifications;
    private readonly RouteNetlink _requests = new();
    private readonly LinkFeatures _features = new();
    private readonly EventDescriptor _wake = new();
    private readonly NetlinkBuffer _buffer = new();
    private readonly NetlinkBatch _batch = new();
    private readonly LinkNames _names = new();
    private readonly IKernelTable[] _tables;
    private readonly List<int> _changeOfMessage = [];

    /// <summary>Opens the sockets.</summary>
    /// <param name="queueSize">The size of the notifications' queue in bytes; <see langword="null"/> for a large one.</param>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public NetlinkDoor(int? queueSize = null)
    {
        _notifications = queueSize is { } size ? NetlinkSocket.Open(NetlinkProtocol.Route, size) : NetlinkSocket.Open(NetlinkProtocol.Route);
        foreach (var group in _groups)
        {
            _notifications.Join(group);
        }

        _tables = [new LinkTable(_names, _features), new AddressTable(_names), new NeighbourTable(_names), new ForwardingTable(_names), new RouteTable(_names)];
        Tables = [.. _tables.Select(table => table.Name)];
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Tables { get; }

    /// <inheritdoc/>
    public void Wait()
    {
        DescriptorPoll.Wait(_notifications.Handle, _wake.Handle, Timeout.InfiniteTimeSpan);
        _wake.Clear();
    }

    /// <inheritdoc/>
    public void Wake()
    {
        try
        {
            _wake.Raise();
        }
        catch (ObjectDisposedException)
        {
            // A timer may come a moment too late; there is nobody to wake.
        }
    }

    /// <inheritdoc/>
    public bool Receive(IKernelSink sink)
    {
        var isWhole = true;
        for (var i = 0; i < MaxDatagrams; i++)
        {
            switch (_notifications.Receive(_buffer))
            {
                case NetlinkReceipt.Nothing:
                    return isWhole;
                case NetlinkReceipt.Datagram:
                    foreach (var message in _buffer.Messages)
                    {
                        Read(message, OriginOf(message), sink);
                    }

                    break;
                default:
                    isWhole = false;
                    break;
            }
        }

        return isWhole;
    }

    /// <inheritdoc/>
    public void Dump(int rank, string? device, IKernelSink sink)
    {
        var link = 0;
        if (device is not null)
        {
            link = _names.IndexOf(device);
            // The kernel announces a change before it drops what depends on it. It does both under one lock, which this request takes too.
            _requests.FindLink(link);
        }

        _batch.Clear();
        _tables[rank].Ask(_batch, link);
        var visitor = new Visitor(_tables[rank], sink);
        try
        {
            _requests.Connection.Query(_batch, ref visitor);
        }
        catch (NetlinkException e) when (link != 0 && e.Errno == ENODEV)
        {
            // The device has gone, and all that stood on it.
        }
    }

    /// <inheritdoc/>
    public void Send(int rank, Span<KernelChange> changes)
    {
        _batch.Clear();
        _changeOfMessage.Clear();
        for (var i = 0; i < changes.Length; i++)
        {
            _tables[rank].Prepare(ref changes[i]);
            if (changes[i].Refusal is null)
            {
                _tables[rank].Write(_batch, changes[i]);
            }

            while (_changeOfMessage.Count < _batch.Count)
            {
                _changeOfMessage.Add(i);
            }
        }

        foreach (var failure in _requests.Connection.TryExecute(_batch))
        {
            ref var change = ref changes[_changeOfMessage[failure.Index]];
            change.Refusal ??= Refusals.Of(failure, change, _requests);
        }

        foreach (ref var change in changes)
        {
            if (change.Refusal is null)
            {
                _tables[rank].Complete(ref change);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _notifications.Dispose();
        _requests.Dispose();
        _features.Dispose();
        _wake.Dispose();
        _buffer.Dispose();
        _batch.Dispose();
    }

    private void Read(NetlinkMessage message, ChangeOrigin origin, IKernelSink sink)
    {
        foreach (var table in _tables)
        {
            if (table.Read(message, origin, sink))
            {
                return;
            }
        }
    }

    private ChangeOrigin OriginOf(NetlinkMessage message) =>
        message.PortId == 0 ? ChangeOrigin.Unknown : message.PortId == _requests.Connection.PortId ? ChangeOrigin.Own : ChangeOrigin.Foreign;

    private readonly struct Visitor(IKernelTable table, IKernelSink sink) : INetlinkVisitor
    {
        public void Begin()
        {
            // What an interrupted dump has shown and the next one does not is in the notifications.
        }

        public void Visit(NetlinkMessage message) => table.Read(message, ChangeOrigin.Unknown, sink);
    }
}
