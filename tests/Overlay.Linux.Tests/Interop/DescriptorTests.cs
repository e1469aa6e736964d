using Overlay.Linux.Interop;
using Xunit;

namespace Overlay.Linux.Tests.Interop;

public sealed class DescriptorTests
{
    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(5);

    [Fact]
    public void Raise_BeforeAndDuringPoll_Wakes()
    {
        using var raised = new EventDescriptor();
        using var other = new EventDescriptor();
        Assert.False(DescriptorPoll.Wait(raised.Handle, TimeSpan.Zero));

        raised.Raise();
        raised.Raise();

        Assert.Equal((true, false), DescriptorPoll.Wait(raised.Handle, other.Handle, _deadline));
        Assert.True(raised.Clear());
        Assert.False(raised.Clear());

        var later = new Thread(other.Raise);
        later.Start();
        Assert.Equal((false, true), DescriptorPoll.Wait(raised.Handle, other.Handle, _deadline));
        later.Join();
    }

    [Fact]
    public void Wait_NothingRaised_EndsAfterTheTime()
    {
        using var silent = new EventDescriptor();

        Assert.Equal((false, false), DescriptorPoll.Wait(silent.Handle, silent.Handle, TimeSpan.FromMicroseconds(1)));
    }

    [Fact]
    public void Raise_AfterDispose_Refuses()
    {
        var closed = new EventDescriptor();
        closed.Dispose();

        Assert.Throws<ObjectDisposedException>(closed.Raise);
    }
}
