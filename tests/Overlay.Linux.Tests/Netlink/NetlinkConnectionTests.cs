using CsCheck;
using Overlay.Core.Addressing;
using Overlay.Linux.Netlink;
using Overlay.Linux.Netlink.Route;
using Xunit;

namespace Overlay.Linux.Tests.Netlink;

/// <summary>The real connection against a scripted kernel.</summary>
public sealed class NetlinkConnectionTests : IDisposable
{
    private const int EEXIST = 17;
    private const int EINTR = 4;
    private const int ENOBUFS = 105;
    private const int ETIMEDOUT = 110;

    private readonly ScriptedKernel _kernel = new();
    private readonly NetlinkConnection _connection;
    private readonly NetlinkBatch _batch = new();

    public NetlinkConnectionTests() => _connection = new NetlinkConnection(_kernel);

    [Fact]
    public void TryExecute_ManyMessages_SendsThemTogetherAndAsksForOneAcknowledgement()
    {
        Append(100);
        _kernel.OnSend(kernel => kernel.Verdict(0, 99));

        Assert.Empty(_connection.TryExecute(_batch));

        var flags = new List<NetlinkFlags>();
        var sequences = new List<uint>();
        foreach (var message in new NetlinkMessageReader(Assert.Single(_kernel.Sent)))
        {
            flags.Add(message.Flags);
            sequences.Add(message.Sequence);
        }

        Assert.Equal(100, flags.Count);
        Assert.Equal(99, flags.FindIndex(flag => flag.HasFlag(NetlinkFlags.Acknowledge)));
        Assert.Equal(Enumerable.Range((int)sequences[0], 100), sequences.Select(sequence => (int)sequence));
    }

    [Fact]
    public void TryExecute_SomeRefused_GivesTheirPlacesAndWords()
    {
        Append(3);
        _kernel.OnSend(kernel => kernel
            .Reply(2, NetlinkFlags.Capped | NetlinkFlags.HasExtendedAcknowledgement, [.. BitConverter.GetBytes(-EEXIST), .. new byte[16], 9, 0, 1, 0, .. "busy\0"u8, 0, 0, 0, 8, 0, 2, 0, 28, 0, 0, 0], 1)
            .Verdict(0, 2));

        var failure = Assert.Single(_connection.TryExecute(_batch));

        Assert.Equal(new NetlinkFailure(1, "delete neighbour", EEXIST, "busy", 28), failure);
        Assert.Equal("netlink delete neighbour: File exists: busy", failure.ToException().Message);
    }

    [Fact]
    public void TryExecute_OverManyMessages_SendsChunksOfBoundedSize()
    {
        Append(1000);
        for (var rest = 1000; rest > 0; rest -= 256)
        {
            var last = Math.Min(256, rest) - 1;
            _kernel.OnSend(kernel => kernel.Verdict(0, last));
        }

        Assert.Empty(_connection.TryExecute(_batch));
        Assert.Equal(4, _kernel.Sent.Count);
    }

    [Fact]
    public void TryExecute_LargeMessages_SendsChunksOfBoundedBytes()
    {
        for (var i = 0; i < 4; i++)
        {
            using var message = _batch.Begin(99, NetlinkFlags.None, "large", 0);
            message.Add(1, new byte[12_000]);
        }

        _kernel.OnSend(kernel => kernel.Verdict(0, 1)).OnSend(kernel => kernel.Verdict(0, 1));

        Assert.Empty(_connection.TryExecute(_batch));
        Assert.All(_kernel.Sent, bytes => Assert.True(bytes.Length < 32 * 1024));
    }

    [Fact]
    public void Execute_LastRefused_ThrowsWithTheWholeVerdict()
    {
        Append(1);
        _kernel.OnSend(kernel => kernel.Verdict(EEXIST));

        var exception = Assert.Throws<NetlinkException>(() => _connection.Execute(_batch));

        Assert.Equal(("delete neighbour", EEXIST, null), (exception.Operation, exception.Errno, exception.KernelMessage));
        Assert.Equal("netlink delete neighbour: File exists", exception.Message);
    }

    [Theory]
    [InlineData(NetlinkReceipt.Overrun)]
    [InlineData(NetlinkReceipt.Truncated)]
    public void TryExecute_AnswersLost_NamesThoseWhoseFateIsUnknown(NetlinkReceipt loss)
    {
        Append(3);
        _kernel.OnSend(kernel => kernel.Lose(loss, 100_000).Verdict(EEXIST, 1));

        var failures = _connection.TryExecute(_batch);

        Assert.Equal([(0, ENOBUFS), (1, EEXIST), (2, ENOBUFS)], failures.Select(failure => (failure.Index, failure.Errno)));
    }

    [Fact]
    public void TryExecute_ForeignMessages_AreNotTakenForAnswers()
    {
        Append(1);
        // A verdict on somebody's request 0, and an announcement.
        _kernel.OnSend(kernel => kernel
            .Bytes(Convert.FromHexString("24000000020000000000000000000000EFFFFFFF0000000000000000000000000000000000"[..72]))
            .Bytes(Captured.Reply("ip -d link show br0"))
            .Verdict(0));

        Assert.Empty(_connection.TryExecute(_batch));
    }

    [Fact]
    public void Query_Dump_VisitsEverythingOnce()
    {
        _batch.DumpNeighbours();
        _kernel.OnSend(kernel => ReplyNeighbours(kernel, 3).Done());

        Assert.Equal(3, Query().Count);
        Assert.Single(_kernel.Sent);
    }

    [Theory]
    [InlineData(NetlinkFlags.DumpInterrupted, NetlinkFlags.None)]
    [InlineData(NetlinkFlags.None, NetlinkFlags.DumpInterrupted)]
    public void Query_TableChangedMeanwhile_StartsAnew(NetlinkFlags onEntry, NetlinkFlags onDone)
    {
        _batch.DumpNeighbours();
        _kernel
            .OnSend(kernel => ReplyNeighbours(kernel, 2, onEntry).Done(onDone))
            .OnSend(kernel => ReplyNeighbours(kernel, 3).Done());

        Assert.Equal(3, Query().Count);
    }

    [Fact]
    public void Query_TableNeverRests_GivesUp()
    {
        _batch.DumpNeighbours();
        for (var i = 0; i < 100; i++)
        {
            _kernel.OnSend(kernel => kernel.Done(NetlinkFlags.DumpInterrupted));
        }

        Assert.Equal(EINTR, Assert.Throws<NetlinkException>(() => Query()).Errno);
        Assert.True(_kernel.Sent.Count < 100);
    }

    [Theory]
    [InlineData(NetlinkReceipt.Truncated)]
    [InlineData(NetlinkReceipt.Overrun)]
    public void Query_PartLost_StartsAnew(NetlinkReceipt loss)
    {
        _batch.DumpNeighbours();
        _kernel
            .OnSend(kernel => ReplyNeighbours(kernel, 2).Lose(loss, 200_000))
            .OnSend(kernel => ReplyNeighbours(kernel, 3).Done());

        Assert.Equal(3, Query().Count);
    }

    [Fact]
    public void Query_Refused_Throws()
    {
        _batch.DumpNeighbours();
        _kernel.OnSend(kernel => kernel.Reply(3, NetlinkFlags.Multi, BitConverter.GetBytes(-19)));

        Assert.Equal("netlink dump neighbours: No such device", Assert.Throws<NetlinkException>(() => Query()).Message);
    }

    [Fact]
    public void Query_NoAnswer_Throws()
    {
        _batch.DumpNeighbours();

        Assert.Equal(ETIMEDOUT, Assert.Throws<NetlinkException>(() => Query()).Errno);
    }

    [Fact]
    public void Query_OneEntry_EndsAtTheAcknowledgement()
    {
        _batch.GetLink("br0");
        _kernel.OnSend(kernel => kernel.Reply(16, NetlinkFlags.None, Captured.Reply("ip -d link show br0").AsSpan(16)).Verdict(0));
        using var route = new RouteNetlink(_connection);

        Assert.Equal("br0", route.FindLink("br0")!.Name);
    }

    [Fact]
    public void Query_VisitorThrows_LeavesNothingForTheNextRequest()
    {
        _batch.DumpNeighbours();
        _kernel
            .OnSend(kernel => ReplyNeighbours(kernel, 3).Done())
            .OnSend(kernel => ReplyNeighbours(kernel, 2).Done());
        var visitor = new ListVisitor<int>((NetlinkMessage _, out int _) => throw new FormatException());

        Assert.Throws<FormatException>(() => _connection.Query(_batch, ref visitor));
        Assert.Equal(2, Query().Count);
    }

    [Fact]
    public void Connection_AnyAnswer_NeverThrowsAnythingElseOrHangs() => Gen.Byte.Array[0, 200].Array[0, 4].Sample(datagrams =>
    {
        var kernel = new ScriptedKernel();
        for (var i = 0; i < 32; i++)
        {
            kernel.OnSend(k => Array.ForEach(datagrams, bytes => k.Bytes(bytes)));
        }

        using var route = new RouteNetlink(new NetlinkConnection(kernel));
        try
        {
            route.ListLinks();
            route.Execute(batch => batch.DeleteLink(1));
        }
        catch (NetlinkException)
        {
            // A refusal is what such answers are for.
        }
    });

    public void Dispose()
    {
        _connection.Dispose();
        _batch.Dispose();
    }

    private static ScriptedKernel ReplyNeighbours(ScriptedKernel kernel, int count, NetlinkFlags flags = NetlinkFlags.None)
    {
        var message = Captured.Reply("bridge fdb show dev flannel.1").AsSpan(16).ToArray();
        for (var i = 0; i < count; i++)
        {
            kernel.Reply(28, NetlinkFlags.Multi | flags, message);
        }

        return kernel;
    }

    private void Append(int count)
    {
        for (var i = 0; i < count; i++)
        {
            _batch.DeleteNeighbour(1, InetAddress.FromIPv4((uint)i));
        }
    }

    private List<ForwardingMessage> Query()
    {
        var visitor = new ListVisitor<ForwardingMessage>(ForwardingMessage.TryRead);
        _connection.Query(_batch, ref visitor);
        return visitor.Items;
    }
}
