using System.ComponentModel;
using System.Runtime.InteropServices;
using static Tmds.Linux.LibC;

namespace Overlay.Linux.Interop;

/// <summary>posix_spawn: a new process without a copy of this one. fork() would copy a runtime whose other threads are missing in the copy.</summary>
internal static unsafe partial class SpawnCalls
{
    private const short POSIX_SPAWN_SETSIGDEF = 0x04;
    private const short POSIX_SPAWN_SETSIGMASK = 0x08;
    private const short POSIX_SPAWN_SETSID = 0x80;

    // glibc's posix_spawn_file_actions_t has 80 bytes, its posix_spawnattr_t 336 and its sigset_t 128.
    private const int OpaqueSize = 1024;
    private const int SignalSetSize = 128;

    // asm-generic/unistd.h: the same for all processors.
    private const nint SYS_pidfd_open = 434;

    /// <summary>Starts a program in a session of its own, with the usual handling of all signals.</summary>
    /// <param name="program">The program's file.</param>
    /// <param name="arguments">Its arguments, its own name included.</param>
    /// <param name="environment">NAME=VALUE each.</param>
    /// <param name="kept">The descriptors that it gets, under the same numbers.</param>
    /// <param name="silenced">The descriptors under which it has /dev/null.</param>
    /// <returns>The process's id.</returns>
    /// <exception cref="Win32Exception">The program cannot be started.</exception>
    public static int Spawn(string program, IReadOnlyList<string> arguments, IReadOnlyList<string> environment, ReadOnlySpan<int> kept, ReadOnlySpan<int> silenced)
    {
        var actions = stackalloc byte[OpaqueSize];
        var attributes = stackalloc byte[OpaqueSize];
        var argv = Texts(arguments);
        var envp = Texts(environment);
        Check(posix_spawn_file_actions_init(actions));
        Check(posix_spawnattr_init(attributes));
        try
        {
            foreach (var number in kept)
            {
                // Onto itself: that takes the close-on-exec flag away, in the child alone.
                Check(posix_spawn_file_actions_adddup2(actions, number, number));
            }

            foreach (var number in silenced)
            {
                Check(posix_spawn_file_actions_addopen(actions, number, "/dev/null", O_RDWR, 0));
            }

            var signals = stackalloc byte[SignalSetSize];
            new Span<byte>(signals, SignalSetSize).Clear();
            Check(posix_spawnattr_setsigmask(attributes, signals));
            new Span<byte>(signals, SignalSetSize).Fill(0xff);
            Check(posix_spawnattr_setsigdefault(attributes, signals));
            Check(posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF));
            Check(posix_spawn(out var id, program, actions, attributes, argv, envp));
            return id;
        }
        finally
        {
            _ = posix_spawn_file_actions_destroy(actions);
            _ = posix_spawnattr_destroy(attributes);
            Free(argv, arguments.Count);
            Free(envp, environment.Count);
        }
    }

    /// <summary>Waits for the end of a child of ours, which no longer has an id then.</summary>
    /// <returns>Its exit status, or minus the signal that ended it; <see langword="null"/> when it still runs after the time.</returns>
    public static int? Wait(int id, TimeSpan timeout)
    {
        const int WNOHANG = 1;
        // Linux 5.3. Without it the wait is as long as it takes.
        using var process = new FileDescriptor((int)syscall(SYS_pidfd_open, id, 0));
        if (!process.IsInvalid && timeout != Timeout.InfiniteTimeSpan)
        {
            DescriptorPoll.Wait(process, timeout);
        }

        var blocks = process.IsInvalid || timeout == Timeout.InfiniteTimeSpan;
        int status;
        int result;
        do
        {
            result = waitpid(id, &status, blocks ? 0 : WNOHANG);
        }
        while (result < 0 && Marshal.GetLastPInvokeError() == Uapi.EINTR);

        // wait(2): the low seven bits are the signal, the next byte is the exit status.
        return result == id ? (status & 0x7f) is 0 ? (status >> 8) & 0xff : -(status & 0x7f) : null;
    }

    /// <summary>Sends SIGKILL.</summary>
    public static void Kill(int id) => _ = kill(id, SIGKILL);

    /// <summary>Puts /dev/null under a descriptor's number.</summary>
    public static void Silence(int number)
    {
        using var nothing = new FileDescriptor(Libc.open("/dev/null", O_RDWR | O_CLOEXEC, 0));
        if (!nothing.IsInvalid)
        {
            _ = dup2((int)nothing.DangerousGetHandle(), number);
        }
    }

    private static byte** Texts(IReadOnlyList<string> texts)
    {
        var list = (byte**)NativeMemory.AllocZeroed((nuint)texts.Count + 1, (nuint)sizeof(byte*));
        for (var i = 0; i < texts.Count; i++)
        {
            list[i] = (byte*)Marshal.StringToCoTaskMemUTF8(texts[i]);
        }

        return list;
    }

    private static void Free(byte** list, int count)
    {
        for (var i = 0; i < count; i++)
        {
            Marshal.FreeCoTaskMem((nint)list[i]);
        }

        NativeMemory.Free(list);
    }

    // These functions return the error number.
    private static void Check(int errno)
    {
        if (errno != 0)
        {
            throw new Win32Exception(errno);
        }
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int posix_spawn(out int pid, string path, void* actions, void* attributes, byte** argv, byte** envp);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_init(void* actions);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_destroy(void* actions);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_adddup2(void* actions, int fd, int newfd);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int posix_spawn_file_actions_addopen(void* actions, int fd, string path, int flags, uint mode);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_init(void* attributes);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_destroy(void* attributes);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setflags(void* attributes, short flags);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setsigmask(void* attributes, void* signals);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setsigdefault(void* attributes, void* signals);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, int id, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int waitpid(int id, int* status, int options);
}
