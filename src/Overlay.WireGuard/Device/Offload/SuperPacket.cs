namespace Overlay.WireGuard.Device.Offload;

/// <summary>Joins packets of one flow, as generic receive offload does, without moving their payload: a packet is opened where its header lies over the end of
/// the packet before; when the headers agree, the bytes beneath are put back.
/// <code>
/// held:    | header | payload 1 |
/// opened:            | header   | payload 2 |
/// joined:  | header | payload 1 | payload 2 |
/// </code>
/// Use: <see cref="Reserve"/>, write, then <see cref="Add"/> or <see cref="Abandon"/>; <see cref="Finish"/> ends it.</summary>
internal sealed class SuperPacket(ISuperPacketSink sink, bool joinsTcp, bool joinsUdp)
{
    private const int MaximumPacket = 65535;
    private const int Base = 16;

    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(Base + (2 * MaximumPacket), pinned: true);
    private readonly byte[] _beneath = new byte[128];
    private FlowHeader _flow;
    private int _start;
    private int _end;
    private int _segments;
    private int _place;
    private int _covered;

    /// <summary>Whether UDP datagrams are joined.</summary>
    public bool JoinsUdp => joinsUdp;

    /// <summary>Room for a payload of that length; its first bytes may lie over the end of what is held.</summary>
    public Span<byte> Reserve(int length)
    {
        _covered = 0;
        if (_segments > 0)
        {
            if (_flow.IsOpen && _end - _flow.Length + length <= _buffer.Length)
            {
                _covered = _flow.Length;
                _place = _end - _covered;
                _buffer.AsSpan(_place, _covered).CopyTo(_beneath);
                return _buffer.AsSpan(_place, length);
            }

            Finish();
        }

        _place = Base;
        return _buffer.AsSpan(_place, length);
    }

    /// <summary>What was written is no packet.</summary>
    public void Abandon() => Restore();

    /// <summary>What was written is a valid IP packet of that length.</summary>
    public void Add(int length)
    {
        var packet = _buffer.AsSpan(_place, length);
        if (_covered > 0)
        {
            if (_end - _start + length - _covered <= MaximumPacket && _flow.TryJoin(packet, _segments))
            {
                Restore();
                _end = _place + length;
                _segments++;
                return;
            }

            WriteHeldBeneath(packet);
        }

        _start = _place;
        _end = _place + length;
        _segments = 1;
        _flow = FlowHeader.Read(packet, joinsTcp, joinsUdp);
    }

    /// <summary>Hands over what is held.</summary>
    public void Finish()
    {
        if (_segments > 0)
        {
            var header = _segments > 1 ? _flow.Complete(_buffer.AsSpan(_start, _end - _start)) : new VirtioHeader(VirtioHeader.DataIsValid, 0, 0, 0, 0, 0);
            header.Write(_buffer.AsSpan(_start - VirtioHeader.Size));
            sink.Write(_buffer.AsSpan(_start - VirtioHeader.Size, _end - _start + VirtioHeader.Size), _segments);
            _segments = 0;
        }
    }

    /// <summary>Hands over what is held, while a packet that does not belong to it lies over its end. Then what was held is not needed any more.</summary>
    private void WriteHeldBeneath(Span<byte> packet)
    {
        Span<byte> head = stackalloc byte[_beneath.Length];
        head = head[..Math.Min(_covered, packet.Length)];
        packet[..head.Length].CopyTo(head);
        Restore();
        Finish();
        head.CopyTo(packet);
    }

    private void Restore()
    {
        _beneath.AsSpan(0, _covered).CopyTo(_buffer.AsSpan(_place));
        _covered = 0;
    }
}

/// <summary>Where finished packets go, each with its virtio header before it.</summary>
internal interface ISuperPacketSink
{
    void Write(ReadOnlySpan<byte> frame, int packets);
}
