using static Overlay.Linux.Interop.Uapi;

namespace Overlay.Linux.Netlink;

/// <summary>Sends requests and collects what the kernel says to each. Not safe for several threads.</summary>
/// <remarks>The kernel does what a request asks before the send returns, and queues the notifications about it before its verdict. Exception: a new IPv6 address,
/// and the routes that come with it, are announced a little later (<c>addrconf_dad_work</c> of net/ipv6/addrconf.c), also without duplicate detection.</remarks>
public sealed class NetlinkConnection : IDisposable
{
    // Implementation limits of one send: the verdicts of a chunk must fit into the receive queue, and the kernel copies a chunk as one piece.
    private const int MaxChunkBytes = 32 * 1024;
    private const int MaxChunkMessages = 256;

    // How often a dump is started anew before the table counts as too restless to read.
    private const int MaxDumps = 16;

    // The kernel answers at once. This only keeps a broken kernel from hanging its caller.
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(10);

    private readonly INetlinkTransport _transport;
    private readonly NetlinkBuffer _buffer = new();
    private readonly bool _carriesSecrets;
    private uint _sequence;

    /// <summary>Talks through <paramref name="socket"/>, and owns it from now on.</summary>
    public NetlinkConnection(NetlinkSocket socket)
        : this((INetlinkTransport)socket)
    {
    }

    internal NetlinkConnection(INetlinkTransport transport, bool carriesSecrets = false) => (_transport, _carriesSecrets) = (transport, carriesSecrets);

    /// <summary>The address of the socket beneath; notifications of what this connection changed carry it.</summary>
    public uint PortId => _transport.PortId;

    /// <summary>Opens a socket in the network namespace of the calling thread.</summary>
    /// <param name="protocol">The part of the kernel to talk to.</param>
    /// <param name="carriesSecrets">Whether answers are wiped once they were read.</param>
    /// <exception cref="NetlinkException">The kernel does not know the protocol.</exception>
    public static NetlinkConnection Open(NetlinkProtocol protocol, bool carriesSecrets = false) => new(NetlinkSocket.Open(protocol), carriesSecrets);

    /// <summary>Sends all messages and waits for the verdicts.</summary>
    /// <exception cref="NetlinkException">The kernel refused a message: the first one that it refused. It did the others, also those behind it.</exception>
    public void Execute(NetlinkBatch batch)
    {
        foreach (var failure in TryExecute(batch))
        {
            throw failure.ToException();
        }
    }

    /// <summary>Sends all messages and waits for the verdicts; gives those against a message, in order. An empty list means that everything was done.</summary>
    /// <exception cref="NetlinkException">The socket is broken.</exception>
    public IReadOnlyList<NetlinkFailure> TryExecute(NetlinkBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        List<NetlinkFailure>? failures = null;
        for (var first = 0; first < batch.Count;)
        {
            var count = batch.CountWithin(first, MaxChunkBytes, MaxChunkMessages);
            var sequence = Advance(count);
            // Errors come without being asked for, so one acknowledgement tells that the chunk is done.
            _transport.Send(batch.Seal(first, count, sequence, acknowledge: true));
            CollectVerdicts(batch, first, count, sequence, ref failures);
            first += count;
        }

        return failures ?? (IReadOnlyList<NetlinkFailure>)[];
    }

    /// <summary>Sends the batch's only message and shows what answers it: everything if it asks for a dump (<see cref="NetlinkFlags.Dump"/>). A dump that
    /// was disturbed is started anew.</summary>
    /// <exception cref="NetlinkException">The kernel refused the request, or the table kept changing (EINTR).</exception>
    public void Query<TVisitor>(NetlinkBatch request, ref TVisitor visitor)
        where TVisitor : INetlinkVisitor, allows ref struct
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentOutOfRangeException.ThrowIfNotEqual(request.Count, 1, nameof(request));
        for (var i = 0; i < MaxDumps; i++)
        {
            var sequence = Advance(1);
            _transport.Send(request.Seal(0, 1, sequence, acknowledge: !request.IsDump(0)));
            try
            {
                visitor.Begin();
                if (TryReadAnswer(request.OperationOf(0), sequence, ref visitor))
                {
                    return;
                }
            }
            catch
            {
                Abandon();
                throw;
            }
            finally
            {
                if (_carriesSecrets)
                {
                    _buffer.Wipe();
                }
            }
        }

        throw new NetlinkException(request.OperationOf(0), EINTR, "the table kept changing while it was read");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _transport.Dispose();
        _buffer.Dispose();
    }

    private uint Advance(int count)
    {
        var first = _sequence + 1;
        _sequence += (uint)count;
        return first;
    }

    private void CollectVerdicts(NetlinkBatch batch, int first, int count, uint sequence, ref List<NetlinkFailure>? failures)
    {
        Span<bool> isJudged = stackalloc bool[MaxChunkMessages];
        var patience = _patience;
        while (true)
        {
            switch (_transport.Receive(_buffer, patience))
            {
                case NetlinkReceipt.Nothing:
                    AddLost(batch, first, isJudged[..count], ref failures);
                    return;
                case NetlinkReceipt.Overrun or NetlinkReceipt.Truncated:
                    // The last acknowledgement may be among what was lost, so what is not here now will not come.
                    patience = TimeSpan.Zero;
                    continue;
            }

            foreach (var message in _buffer.Messages)
            {
                var index = message.Sequence - sequence;
                if (index >= (uint)count || !message.IsVerdict || !NetlinkVerdict.TryRead(message, out var verdict))
                {
                    continue;
                }

                isJudged[(int)index] = true;
                if (verdict.Errno != 0)
                {
                    var at = first + (int)index;
                    (failures ??= []).Add(new NetlinkFailure(at, batch.OperationOf(at), verdict.Errno, verdict.KernelMessage, verdict.Offset));
                }

                if (index == (uint)count - 1 && patience != TimeSpan.Zero)
                {
                    return;
                }
            }
        }
    }

    private static void AddLost(NetlinkBatch batch, int first, ReadOnlySpan<bool> isJudged, ref List<NetlinkFailure>? failures)
    {
        for (var i = 0; i < isJudged.Length; i++)
        {
            if (!isJudged[i])
            {
                (failures ??= []).Add(new NetlinkFailure(first + i, batch.OperationOf(first + i), ENOBUFS, "the kernel's answer was lost", null));
            }
        }

        failures?.Sort((left, right) => left.Index.CompareTo(right.Index));
    }

    private bool TryReadAnswer<TVisitor>(string operation, uint sequence, ref TVisitor visitor)
        where TVisitor : INetlinkVisitor, allows ref struct
    {
        var isWhole = true;
        while (true)
        {
            // The kernel makes the next part of a dump while this one is received: after a loss, nothing there means that nothing will come.
            switch (_transport.Receive(_buffer, isWhole ? _patience : TimeSpan.Zero))
            {
                case NetlinkReceipt.Nothing:
                    return !isWhole ? false : throw new NetlinkException(operation, ETIMEDOUT, "the kernel did not answer");
                case NetlinkReceipt.Overrun or NetlinkReceipt.Truncated:
                    isWhole = false;
                    continue;
            }

            foreach (var message in _buffer.Messages)
            {
                if (message.Sequence != sequence)
                {
                    continue;
                }

                isWhole &= (message.Flags & NetlinkFlags.DumpInterrupted) == 0;
                if (NetlinkVerdict.TryRead(message, out var verdict))
                {
                    return verdict.Errno == 0 ? isWhole : throw new NetlinkException(operation, verdict.Errno, verdict.KernelMessage, verdict.Offset);
                }

                if (isWhole)
                {
                    visitor.Visit(message);
                }
            }
        }
    }

    // Empties the queue, so that the rest of this answer does not stand in the way of a later request.
    private void Abandon()
    {
        while (_transport.Receive(_buffer, TimeSpan.Zero) != NetlinkReceipt.Nothing)
        {
        }
    }
}
