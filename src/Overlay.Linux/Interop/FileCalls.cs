using System.Runtime.InteropServices;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace Overlay.Linux.Interop;

/// <summary>The system calls of locks, identities of files, and standard streams.</summary>
internal static unsafe class FileCalls
{
    private const int LOCK_EX = 2;

    /// <summary>Opens a folder, to be locked.</summary>
    public static FileDescriptor OpenFolder(string path) => Open(path, O_RDONLY | O_CLOEXEC | O_DIRECTORY);

    /// <summary>Opens a file, to be locked.</summary>
    public static FileDescriptor OpenFile(string path) => Open(path, O_RDONLY | O_CLOEXEC);

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

    /// <summary>The device and inode of an open file.</summary>
    public static (ulong Device, ulong Inode) Identify(SafeHandle handle)
    {
        using var use = new DescriptorUse(handle);
        stat status;
        return fstat(use.Number, &status) == 0 ? Identify(status) : throw Failed("fstat", "descriptor");
    }

    /// <summary>The device and inode of what the path leads to; nothing if that cannot be seen.</summary>
    public static (ulong Device, ulong Inode)? Identify(string path)
    {
        stat status;
        fixed (byte* name = System.Text.Encoding.UTF8.GetBytes(path + '\0'))
        {
            return stat(name, &status) == 0 ? Identify(status) : null;
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

    private static FileDescriptor Open(string path, int flags)
    {
        var number = Libc.open(path, flags, 0);
        if (number >= 0)
        {
            return new FileDescriptor(number);
        }

        var isMissing = Marshal.GetLastPInvokeError() == ENOENT;
        var failure = Failed("open", path);
        throw !isMissing ? failure : (flags & O_DIRECTORY) != 0 ? new DirectoryNotFoundException(failure.Message) : new FileNotFoundException(failure.Message, path);
    }

    private static (ulong Device, ulong Inode) Identify(in stat status) => ((ulong)status.st_dev, (ulong)status.st_ino);

    private static IOException Failed(string operation, string path)
    {
        var errno = Marshal.GetLastPInvokeError();
        return new IOException($"{operation} {path}: {Marshal.GetPInvokeErrorMessage(errno)}");
    }
}
