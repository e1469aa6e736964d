using System.ComponentModel;
using System.Runtime.InteropServices;
using static Tmds.Linux.LibC;

namespace Overlay.Linux.Interop;

/// <summary>The system calls of lock files and standard streams.</summary>
internal static unsafe class FileCalls
{
    private const int LOCK_EX = 2;
    private const uint OwnerOnly = 0x180; // 0600

    /// <summary>Opens a file, and makes it if it is missing.</summary>
    public static FileDescriptor OpenOrCreate(string path)
    {
        var number = Libc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, OwnerOnly);
        return number >= 0 ? new FileDescriptor(number) : throw Failed("open", path);
    }

    /// <summary>Waits for the lock.</summary>
    public static void LockExclusively(SafeHandle handle, string path)
    {
        using var use = new DescriptorUse(handle);
        while (Libc.flock(use.Number, LOCK_EX) != 0)
        {
            if (Marshal.GetLastPInvokeError() != Uapi.EINTR)
            {
                throw Failed("lock", path);
            }
        }
    }

    /// <summary>Writes all the bytes, however many calls that takes.</summary>
    public static void Write(int descriptor, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* first = bytes)
        {
            for (nint written = 0; written < bytes.Length;)
            {
                var count = Libc.write(descriptor, first + written, (nuint)(bytes.Length - written));
                if (count >= 0)
                {
                    written += count;
                }
                else if (Marshal.GetLastPInvokeError() != Uapi.EINTR)
                {
                    throw Failed("write", "to standard output");
                }
            }
        }
    }

    private static Win32Exception Failed(string operation, string path)
    {
        var errno = Marshal.GetLastPInvokeError();
        return new Win32Exception(errno, $"{operation} {path}: {Marshal.GetPInvokeErrorMessage(errno)}");
    }
}
