using System.Runtime.InteropServices;
using static Tmds.Linux.LibC;

namespace Overlay.Linux.Interop;

/// <summary>A descriptor that is closed once, when nobody uses it any more.</summary>
internal sealed class FileDescriptor : SafeHandle
{
    /// <summary>Takes over <paramref name="descriptor"/>.</summary>
    public FileDescriptor(int descriptor)
        : base(-1, ownsHandle: true) => SetHandle(descriptor);

    /// <inheritdoc/>
    public override bool IsInvalid => handle < 0;

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => close((int)handle) == 0;
}
