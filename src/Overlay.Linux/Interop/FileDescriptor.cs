using System.Runtime.InteropServices;
using static Tmds.Linux.LibC;

namespace Overlay.Linux.Interop;

/// <summary>A descriptor that is closed once, when nobody uses it any more.</summary>
internal sealed class FileDescriptor : SafeHandle
{
    private volatile bool _isReleased;

    /// <summary>Takes over <paramref name="descriptor"/>.</summary>
    public FileDescriptor(int descriptor)
        : base(-1, ownsHandle: true) => SetHandle(descriptor);

    /// <inheritdoc/>
    public override bool IsInvalid => handle < 0;

    /// <summary>Closes it, and waits so long for those who use it: what it holds, a port, is free afterwards.</summary>
    public void Close(TimeSpan patience)
    {
        Dispose();
        SpinWait.SpinUntil(() => _isReleased || IsInvalid, patience);
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        var isClosed = close((int)handle) == 0;
        _isReleased = true;
        return isClosed;
    }
}
