using Overlay.Linux.Netlink;

namespace Overlay.Linux.Tests.Netlink;

/// <summary>Plays the kernel at byte height: it answers each send with the datagrams and losses that the script has for it, so that the real connection runs.</summary>
internal sealed class ScriptedKernel : INetlinkTransport
{
    private readonly Queue<Func<NetlinkBuffer, byte[], NetlinkReceipt>> _queue = new();
    private readonly Queue<Action<ScriptedKernel>> _script = new();
    private byte[] _request = [];

    /// <summary>What was sent, one entry per system call.</summary>
    public List<byte[]> Sent { get; } = [];

    public uint PortId => 4711;

    /// <summary>What happens when the next datagram is sent.</summary>
    public ScriptedKernel OnSend(Action<ScriptedKernel> answer)
    {
        _script.Enqueue(answer);
        return this;
    }

    /// <summary>Queues a message that answers the request's message at <paramref name="index"/>.</summary>
    public ScriptedKernel Reply(ushort type, NetlinkFlags flags, ReadOnlySpan<byte> payload, int index = 0)
    {
        var bytes = payload.ToArray();
        _queue.Enqueue((buffer, request) =>
        {
            var message = Message(type, flags, SequenceOf(request, index), bytes);
            message.CopyTo(buffer.Room);
            buffer.SetLength(message.Length);
            return NetlinkReceipt.Datagram;
        });
        return this;
    }

    /// <summary>Queues a verdict without an extended acknowledgement.</summary>
    public ScriptedKernel Verdict(int errno, int index = 0) => Reply(2, NetlinkFlags.Capped, [.. BitConverter.GetBytes(-errno), .. new byte[16]], index);

    /// <summary>Queues the end of a dump.</summary>
    public ScriptedKernel Done(NetlinkFlags flags = NetlinkFlags.None) => Reply(3, NetlinkFlags.Multi | flags, BitConverter.GetBytes(0));

    /// <summary>Queues these bytes as one datagram, whatever they are.</summary>
    public ScriptedKernel Bytes(byte[] bytes)
    {
        _queue.Enqueue((buffer, _) =>
        {
            bytes.CopyTo(buffer.Room);
            buffer.SetLength(bytes.Length);
            return NetlinkReceipt.Datagram;
        });
        return this;
    }

    /// <summary>Queues a loss.</summary>
    public ScriptedKernel Lose(NetlinkReceipt how, int size = 0)
    {
        _queue.Enqueue((buffer, _) =>
        {
            if (how == NetlinkReceipt.Truncated)
            {
                buffer.Grow(size);
            }

            return how;
        });
        return this;
    }

    public void Send(ReadOnlySpan<byte> bytes)
    {
        _request = bytes.ToArray();
        Sent.Add(_request);
        if (_script.TryDequeue(out var answer))
        {
            answer(this);
        }
    }

    public NetlinkReceipt Receive(NetlinkBuffer buffer, TimeSpan wait) =>
        _queue.TryDequeue(out var next) ? next(buffer, _request) : NetlinkReceipt.Nothing;

    public void Dispose()
    {
    }

    private static byte[] Message(ushort type, NetlinkFlags flags, uint sequence, byte[] payload) =>
    [
        .. BitConverter.GetBytes(NetlinkMessage.HeaderSize + payload.Length),
        .. BitConverter.GetBytes(type),
        .. BitConverter.GetBytes((ushort)flags),
        .. BitConverter.GetBytes(sequence),
        .. BitConverter.GetBytes(4711),
        .. payload,
        .. new byte[NetlinkAlignment.Up(payload.Length) - payload.Length],
    ];

    private static uint SequenceOf(byte[] request, int index)
    {
        var reader = new NetlinkMessageReader(request);
        for (var i = 0; i <= index; i++)
        {
            reader.MoveNext();
        }

        return reader.Current.Sequence;
    }
}
