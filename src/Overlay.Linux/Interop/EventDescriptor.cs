using System.ComponentModel;
using System.Runtime.InteropServices;
using static Tmds.Linux.LibC;

namespace Overlay.Linux.Interop;

/// <summary>An eventfd: any thread raises it, and a thread that polls it wakes.</summary>
internal sealed unsafe class EventDescriptor : IDisposable
{
    private readonly FileDescriptor _descriptor;

    /// <exception cref="Win32Exception">The process has no descriptor left.</exception>
    public EventDescriptor()
    {
        var number = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (number < 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }

        _descriptor = new FileDescriptor(number);
    }

    /// <summary>What is to be polled.</summary>
    public SafeHandle Handle => _descriptor;

    /// <summary>Wakes the poller, now or at its next poll.</summary>
    public void Raise()
    {
        using var use = new DescriptorUse(_descriptor);
        var one = 1UL;
        // It fails only when the counter is at its limit, and then it is raised already.
        _ = write(use.Number, &one, sizeof(ulong));
    }

    /// <summary>Takes the signal back; <see langword="true"/> if there was one.</summary>
    public bool Clear()
    {
        using var use = new DescriptorUse(_descriptor);
        ulong count;
        return read(use.Number, &count, sizeof(ulong)) == sizeof(ulong);
    }

    /// <inheritdoc/>
    public void Dispose() => _descriptor.Dispose();
}
