using System.ComponentModel;
using System.Runtime.InteropServices;
using static Tmds.Linux.LibC;

namespace Overlay.Linux.Interop;

/// <summary>The system calls of network namespaces. They concern the calling thread.</summary>
internal static unsafe class NamespaceCalls
{
    private const string OwnThread = "/proc/thread-self/ns/net";
    private const nuint MS_BIND = 0x1000;
    private const int MNT_DETACH = 2;

    /// <summary>Opens the file of a namespace.</summary>
    /// <exception cref="Win32Exception">There is no such file, or no permission.</exception>
    public static FileDescriptor Open(string path)
    {
        var number = Libc.open(path, O_RDONLY | O_CLOEXEC, 0);
        return number >= 0 ? new FileDescriptor(number) : throw Failed($"open {path}");
    }

    /// <summary>Opens the namespace that the calling thread is in.</summary>
    public static FileDescriptor OpenOwn() => Open(OwnThread);

    /// <summary>Moves the calling thread into the namespace.</summary>
    /// <exception cref="Win32Exception">It is no network namespace, or CAP_SYS_ADMIN is missing.</exception>
    public static void Enter(SafeHandle handle)
    {
        using var use = new DescriptorUse(handle);
        if (setns(use.Number, CLONE_NEWNET) != 0)
        {
            throw Failed("enter network namespace");
        }
    }

    /// <summary>Moves the calling thread into a new namespace.</summary>
    /// <exception cref="Win32Exception">CAP_SYS_ADMIN is missing.</exception>
    public static void Unshare()
    {
        if (unshare(CLONE_NEWNET) != 0)
        {
            throw Failed("make network namespace");
        }
    }

    /// <summary>Keeps the calling thread's namespace alive under a file's name.</summary>
    /// <exception cref="Win32Exception">CAP_SYS_ADMIN is missing.</exception>
    public static void BindOwn(string path)
    {
        if (Libc.mount(OwnThread, path, "none", MS_BIND, null) != 0)
        {
            throw Failed($"mount {path}");
        }
    }

    /// <summary>Undoes <see cref="BindOwn"/>; nothing happens if it was undone before.</summary>
    public static void Unbind(string path) => _ = Libc.umount2(path, MNT_DETACH);

    private static Win32Exception Failed(string operation)
    {
        var errno = Marshal.GetLastPInvokeError();
        return new Win32Exception(errno, $"{operation}: {Marshal.GetPInvokeErrorMessage(errno)}");
    }
}
