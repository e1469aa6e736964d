using System.Runtime.InteropServices;
using Overlay.Linux.Interop;
using static Tmds.Linux.LibC;

namespace Overlay.Linux.Processes;

/// <summary>Keeps other processes that ask for the same lock away from a folder's content. The folder itself is the lock, so that no file stays behind;
/// the kernel releases it when the process ends, however that happens.</summary>
public sealed class FolderLock : IDisposable
{
    private const int LOCK_EX = 2;

    private readonly FileDescriptor _descriptor;

    private FolderLock(FileDescriptor descriptor) => _descriptor = descriptor;

    /// <summary>Takes the lock, waiting for whoever has it.</summary>
    /// <exception cref="IOException">There is no such folder, or no permission.</exception>
    public static FolderLock Take(string folder)
    {
        var descriptor = new FileDescriptor(Libc.open(folder, O_RDONLY | O_CLOEXEC | O_DIRECTORY, 0));
        if (descriptor.IsInvalid)
        {
            throw Failed("open", folder);
        }

        while (Libc.flock((int)descriptor.DangerousGetHandle(), LOCK_EX) != 0)
        {
            if (Marshal.GetLastPInvokeError() != Uapi.EINTR)
            {
                using (descriptor)
                {
                    throw Failed("lock", folder);
                }
            }
        }

        return new FolderLock(descriptor);
    }

    /// <summary>Lets the next one in.</summary>
    public void Dispose() => _descriptor.Dispose();

    private static IOException Failed(string operation, string folder) =>
        new($"{operation} {folder}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
}
