using CsCheck;
using Overlay.Linux.Netlink;
using Overlay.Linux.Netlink.Generic;
using Xunit;

namespace Overlay.Linux.Tests.Netlink.Generic;

public sealed class GenericNetlinkTests
{
    // "wg set" of wireguard-tools 1.0.20210914 to Linux 6.1, from strace: CTRL_CMD_GETFAMILY for "wireguard", and the answer's payload (linux/genetlink.h).
    private const string Request = "030100000e000200776972656775617264000000";
    private const string Answer = "010200000e00020077697265677561726400000006000100200000000800030001000000080004000000000008000500080000002c000600140001000800010000000000080002001c000000140002000800010001000000080002001a000000";

    private const ushort Controller = 0x10;

    [Fact]
    public void TryOpen_AsksAsWgDoes_AndReadsTheFamily()
    {
        var kernel = new ScriptedKernel().OnSend(script => script.Reply(Controller, NetlinkFlags.None, Convert.FromHexString(Answer)).Verdict(0));

        using var netlink = GenericNetlink.TryOpen(new NetlinkConnection(kernel), "wireguard");

        Assert.Equal(new GenericFamily("wireguard", 0x20, 1), netlink?.Family);
        Assert.Equal(Request.ToUpperInvariant(), Convert.ToHexString(kernel.Sent[0].AsSpan(NetlinkMessage.HeaderSize)));
    }

    [Fact]
    public void TryOpen_OfAFamilyThatIsNotThere_GivesNone()
    {
        var kernel = new ScriptedKernel().OnSend(script => script.Verdict(2));

        Assert.Null(GenericNetlink.TryOpen(new NetlinkConnection(kernel), "wireguard"));
    }

    [Fact]
    public void TryOpen_WhenTheKernelRefuses_Throws()
    {
        var kernel = new ScriptedKernel().OnSend(script => script.Verdict(1));

        var exception = Assert.Throws<NetlinkException>(() => GenericNetlink.TryOpen(new NetlinkConnection(kernel), "wireguard"));

        Assert.Equal((1, "find family wireguard"), (exception.Errno, exception.Operation));
    }

    [Fact]
    public void TryOpen_OfAnyAnswer_GivesAFamilyOrNone() => Gen.Select(Gen.Int[0, Answer.Length / 2], Gen.Byte, Gen.Int[0, Answer.Length / 2]).Sample((at, value, length) =>
    {
        var bytes = Convert.FromHexString(Answer);
        bytes[Math.Min(at, bytes.Length - 1)] = value;
        var kernel = new ScriptedKernel().OnSend(script => script.Reply(Controller, NetlinkFlags.None, bytes.AsSpan(0, length)).Verdict(0));
        using var netlink = GenericNetlink.TryOpen(new NetlinkConnection(kernel), "wireguard");
        return netlink is null or { Family.Id: > Controller };
    });

    [Fact]
    public void Messages_OfAFamily_ReadAsWritten()
    {
        var family = new GenericFamily("wireguard", 0x20, 1);
        using var batch = new NetlinkBatch(carriesSecrets: true);
        using (var message = batch.Begin(family, 7, NetlinkFlags.Dump, "try"))
        {
            message.Add(3, 4711u);
        }

        var found = false;
        foreach (var message in new NetlinkMessageReader(batch.Seal(0, 1, 1, acknowledge: false)))
        {
            Assert.True(message.TryRead(family, out var command, out var attributes));
            Assert.Equal(7, command);
            foreach (var attribute in attributes)
            {
                found = attribute.Type == 3 && attribute.AsUInt32() == 4711;
            }

            Assert.False(message.TryRead(family with { Id = 0x21 }, out _, out _));
        }

        Assert.True(found);
    }

    [Fact]
    public void TryOpen_OnThisKernel_FindsTheController()
    {
        using var netlink = GenericNetlink.TryOpen("nlctrl", carriesSecrets: true);

        // The controller has the number below which no family is (GENL_ID_CTRL), and so is no family to open.
        Assert.Null(netlink);
        using var tasks = GenericNetlink.TryOpen("TASKSTATS") ?? GenericNetlink.TryOpen("ethtool");
        Assert.True(tasks is { Family.Id: > Controller });
        Assert.Null(GenericNetlink.TryOpen("no-such-family"));
    }

    [Fact]
    public void Batch_ThatCarriesSecrets_LeavesNoneInItsBuffer()
    {
        using var batch = new NetlinkBatch(carriesSecrets: true);
        var family = new GenericFamily("wireguard", 0x20, 1);
        using (var message = batch.Begin(family, 1, NetlinkFlags.None, "try"))
        {
            message.Add(3, Enumerable.Repeat((byte)0xAA, 32).ToArray());
        }

        var bytes = batch.Seal(0, 1, 1, acknowledge: false);
        Assert.True(bytes.Contains((byte)0xAA));
        batch.Clear();

        // The span still shows the buffer.
        Assert.False(bytes.Contains((byte)0xAA));
    }
}
