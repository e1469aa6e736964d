using System.Runtime.InteropServices;

namespace Overlay.Linux.Interop;

/// <summary>Keeps a descriptor open for the length of a system call, so that another thread's close cannot put a stranger's file under its number.</summary>
internal readonly ref struct DescriptorUse
{
    private readonly SafeHandle _handle;
    private readonly bool _isHeld;

    public DescriptorUse(SafeHandle handle)
    {
        _handle = handle;
        handle.DangerousAddRef(ref _isHeld);
    }

    /// <summary>The descriptor's number.</summary>
    public int Number => (int)_handle.DangerousGetHandle();

    public void Dispose()
    {
        if (_isHeld)
        {
            _handle.DangerousRelease();
        }
    }
}
