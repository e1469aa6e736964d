using Overlay.Linux.Interop;
using Overlay.WireGuard.Protocol.Peers;

namespace Overlay.WireGuard.Device.DataPath;

/// <summary>What the threads that carry packets share.</summary>
internal sealed class DataPlane(ProtocolEngine engine, TimeProvider clock, int queues = 1) : IDisposable
{
    private readonly EventDescriptor[] _wakes = [.. Enumerable.Range(0, queues).Select(_ => new EventDescriptor())];
    private readonly long _start = clock.GetTimestamp();
    private volatile int _mtu;
    private volatile SocketPair[] _sockets = [];
    private volatile Receiver[] _receivers = [];

    public ProtocolEngine Engine { get; } = engine;

    /// <summary>The time as the engine counts it; to be read once per batch.</summary>
    public TimeSpan Now => clock.GetElapsedTime(_start);

    /// <summary>The interface's MTU, which bounds the padding.</summary>
    public int Mtu
    {
        get => _mtu;
        set => _mtu = value;
    }

    /// <summary>One pair per queue; none while the interface is down.</summary>
    public SocketPair[] Sockets
    {
        get => _sockets;
        set => _sockets = value;
    }

    /// <summary>One per queue; none while the interface is down.</summary>
    public Receiver[] Receivers
    {
        get => _receivers;
        set => _receivers = value;
    }

    public bool IsUp => _sockets.Length > 0;

    /// <summary>What is handed to the thread that does the handshakes.</summary>
    public ProtocolInbox Inbox { get; } = new();

    /// <summary>The sockets of a queue; <see langword="null"/> while the interface is down.</summary>
    public SocketPair? SocketsOf(int queue) => _sockets is { Length: > 0 } sockets ? sockets[queue % sockets.Length] : null;

    /// <summary>The receiving side of a queue; <see langword="null"/> while the interface is down.</summary>
    public Receiver? ReceiverOf(int queue) => _receivers is { Length: > 0 } receivers ? receivers[queue % receivers.Length] : null;

    /// <summary>What the thread of a queue polls beside its packets.</summary>
    public EventDescriptor WakeOf(int queue) => _wakes[queue];

    /// <summary>Something has changed that the thread of a queue is to see.</summary>
    public void Wake(int queue) => _wakes[queue].Raise();

    /// <summary>Sends datagrams where they shall go.</summary>
    public SendResult Send(int queue, in OutgoingDatagrams train)
    {
        var sockets = SocketsOf(queue);
        while (true)
        {
            try
            {
                return sockets?.For(train.Path) is { } socket ? socket.Send(train) : new SendResult(train.Count, Uapi.EAFNOSUPPORT);
            }
            catch (ObjectDisposedException)
            {
                // At this moment the interface has gone down, or to another port, whose sockets are there already.
                var closed = sockets;
                sockets = SocketsOf(queue);
                if (ReferenceEquals(sockets, closed))
                {
                    return new SendResult(train.Count, Uapi.EBADF);
                }
            }
        }
    }

    public void Dispose()
    {
        Inbox.Dispose();
        Array.ForEach(_wakes, wake => wake.Dispose());
    }
}
