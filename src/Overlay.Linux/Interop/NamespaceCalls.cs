using System.ComponentModel;
using System.Runtime.InteropServices;
using static Tmds.Linux.LibC;

namespace Overlay.Linux.Interop;

/// <summary>The system calls of network namespaces. They concern the calling thread.</summary>
internal static unsafe class NamespaceCalls
{
    private const string OwnThread = "/proc/thread-self/ns/net";
    private const nuint MS_BIND = 0x1000;
    private const nuint MS_REC = 0x4000;
    private const nuint MS_SHARED = 0x10_0000;
    private const int MNT_DETACH = 2;

    // linux/nsfs.h.
    private const nuint NS_GET_NSTYPE = 0xB703;

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

    /// <summary>Whether the descriptor is of a network namespace (Linux 4.11).</summary>
    public static bool IsNetworkNamespace(SafeHandle handle)
    {
        using var use = new DescriptorUse(handle);
        return Libc.ioctl(use.Number, NS_GET_NSTYPE, null) == CLONE_NEWNET;
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

    /// <summary>Makes what is mounted in the folder known to all mount namespaces, as iproute2 does with its folder of names. The folder becomes a mount point of
    /// its own for that; when iproute2 did this later, the names mounted before would be out of reach beneath it.</summary>
    /// <exception cref="Win32Exception">CAP_SYS_ADMIN is missing.</exception>
    public static void ShareMounts(string folder)
    {
        using var gate = Open(folder);
        FileCalls.LockExclusively(gate, folder);
        if (Libc.mount("", folder, "none", MS_SHARED | MS_REC, null) == 0)
        {
            return;
        }

        // EINVAL: it is no mount point yet.
        if (Marshal.GetLastPInvokeError() != Uapi.EINVAL
            || Libc.mount(folder, folder, "none", MS_BIND | MS_REC, null) != 0
            || Libc.mount("", folder, "none", MS_SHARED | MS_REC, null) != 0)
        {
            throw Failed($"share {folder}");
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
