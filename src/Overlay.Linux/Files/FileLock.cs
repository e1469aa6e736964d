using System.ComponentModel;
using Overlay.Linux.Interop;

namespace Overlay.Linux.Files;

/// <summary>An advisory lock between processes (flock(2)). The kernel lets go of it when its holder ends, however that ends.</summary>
public sealed class FileLock : IDisposable
{
    private readonly FileDescriptor _descriptor;

    private FileLock(FileDescriptor descriptor) => _descriptor = descriptor;

    /// <summary>Waits until the lock is free and takes it. The file is made if it is missing, for its owner alone.</summary>
    /// <exception cref="Win32Exception">The file cannot be opened; <see cref="Win32Exception.NativeErrorCode"/> is ENOENT (2) when its folder is missing.</exception>
    public static FileLock Acquire(string path)
    {
        var descriptor = FileCalls.OpenOrCreate(path);
        try
        {
            FileCalls.LockExclusively(descriptor, path);
            return new FileLock(descriptor);
        }
        catch
        {
            descriptor.Dispose();
            throw;
        }
    }

    /// <summary>Lets go of the lock.</summary>
    public void Dispose() => _descriptor.Dispose();
}
