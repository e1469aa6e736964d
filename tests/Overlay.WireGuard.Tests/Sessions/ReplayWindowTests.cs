using CsCheck;

using Overlay.WireGuard.Protocol.Sessions;
using Overlay.WireGuard.Protocol.Timers;

namespace Overlay.WireGuard.Tests.Sessions;

public sealed class ReplayWindowTests
{
    private const ulong Limit = ReplayWindow.Size + 1;

    /// <summary>The cases of the kernel's self-test (drivers/net/wireguard/selftest/counter.c), as steps: a counter, and whether it is accepted.</summary>
    [Fact]
    public void TryAccept_TheKernelsCases_AgreeWithTheKernel()
    {
        var window = default(ReplayWindow);
        void Step(ulong counter, bool isAccepted) => Assert.Equal(isAccepted, window.TryAccept(counter));

        Step(0, true);
        Step(1, true);
        Step(1, false);
        Step(9, true);
        Step(8, true);
        Step(7, true);
        Step(7, false);
        Step(Limit, true);
        Step(Limit - 1, true);
        Step(Limit - 1, false);
        Step(Limit - 2, true);
        Step(2, true);
        Step(2, false);
        Step(Limit + 16, true);
        Step(3, false);
        Step(Limit + 16, false);
        Step(Limit * 4, true);
        Step((Limit * 4) - (Limit - 1), true);
        Step(10, false);
        Step((Limit * 4) - Limit, false);
        Step((Limit * 4) - (Limit + 1), false);
        Step((Limit * 4) - (Limit - 2), true);
        Step((Limit * 4) + 1 - Limit, false);
        Step(0, false);
        Step(ProtocolLimits.RejectAfterMessages, false);
        Step(ProtocolLimits.RejectAfterMessages - 1, true);
        Step(ProtocolLimits.RejectAfterMessages, false);
        Step(ProtocolLimits.RejectAfterMessages - 1, false);
        Step(ProtocolLimits.RejectAfterMessages - 2, true);
        Step(ProtocolLimits.RejectAfterMessages + 1, false);
        Step(ProtocolLimits.RejectAfterMessages + 2, false);
        Step(ProtocolLimits.RejectAfterMessages - 2, false);
        Step(ProtocolLimits.RejectAfterMessages - 3, true);
        Step(0, false);
    }

    [Fact]
    public void TryAccept_AnyCounters_AgreesWithASet() =>
        Gen.OneOf(Gen.ULong[0, 200], Gen.ULong[0, 20_000], Gen.ULong[0, 1 << 20]).Array[1, 400].Sample(
            counters =>
            {
                var window = default(ReplayWindow);
                var seen = new HashSet<ulong>();
                ulong newest = 0;
                foreach (var counter in counters)
                {
                    var isTooOld = counter < newest && newest - counter >= Limit;
                    Assert.Equal(!isTooOld && seen.Add(counter), window.TryAccept(counter));
                    newest = Math.Max(newest, counter);
                }
            },
            iter: 3000);

    [Fact]
    public void TryAccept_RunningCounters_AllocatesNothingAfterTheFirstKilobyte()
    {
        var window = default(ReplayWindow);
        for (ulong i = 0; i < 100; i++)
        {
            window.TryAccept(i);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (ulong i = 100; i < 100_000; i++)
        {
            Assert.True(window.TryAccept(i));
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
