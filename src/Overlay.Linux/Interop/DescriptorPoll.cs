using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Overlay.Linux.Interop;

/// <summary>Waits until a descriptor has something to read.</summary>
internal static unsafe class DescriptorPoll
{
    private const short POLLIN = 1;

    /// <summary>Waits for one descriptor; <see langword="false"/> when the time is over first.</summary>
    public static bool Wait(SafeHandle handle, TimeSpan timeout)
    {
        using var use = new DescriptorUse(handle);
        var entry = new Libc.pollfd { fd = use.Number, events = POLLIN };
        return Wait(&entry, 1, timeout) > 0;
    }

    /// <summary>Waits for either of two descriptors; both are <see langword="false"/> when the time is over first. Also true for a descriptor
    /// that has an error to report, which the next read gives.</summary>
    public static (bool First, bool Second) Wait(SafeHandle first, SafeHandle second, TimeSpan timeout)
    {
        using var useFirst = new DescriptorUse(first);
        using var useSecond = new DescriptorUse(second);
        var entries = stackalloc Libc.pollfd[2];
        entries[0] = new Libc.pollfd { fd = useFirst.Number, events = POLLIN };
        entries[1] = new Libc.pollfd { fd = useSecond.Number, events = POLLIN };
        Wait(entries, 2, timeout);
        return (entries[0].revents != 0, entries[1].revents != 0);
    }

    /// <summary>Waits for any of several descriptors and gives a bit for each that has something; 0 when the time is over first.</summary>
    public static int Wait(TimeSpan timeout, params ReadOnlySpan<SafeHandle> handles)
    {
        var entries = stackalloc Libc.pollfd[handles.Length];
        var held = 0;
        try
        {
            for (; held < handles.Length; held++)
            {
                var isHeld = false;
                handles[held].DangerousAddRef(ref isHeld);
                entries[held] = new Libc.pollfd { fd = (int)handles[held].DangerousGetHandle(), events = POLLIN };
            }

            Wait(entries, (uint)handles.Length, timeout);
        }
        finally
        {
            for (var i = 0; i < held; i++)
            {
                handles[i].DangerousRelease();
            }
        }

        var ready = 0;
        for (var i = 0; i < handles.Length; i++)
        {
            ready |= entries[i].revents != 0 ? 1 << i : 0;
        }

        return ready;
    }

    private static int Wait(Libc.pollfd* entries, uint count, TimeSpan timeout)
    {
        // Rounded up, so that a wait of less than a millisecond does not become a hot loop.
        var milliseconds = timeout == Timeout.InfiniteTimeSpan ? -1 : (int)Math.Clamp(Math.Ceiling(timeout.TotalMilliseconds), 0, int.MaxValue);
        var ready = Libc.poll(entries, count, milliseconds);
        if (ready >= 0)
        {
            return ready;
        }

        var errno = Marshal.GetLastPInvokeError();
        // A signal ends the wait early; every caller looks at its clock again.
        return errno == Uapi.EINTR ? 0 : throw new Win32Exception(errno);
    }
}
