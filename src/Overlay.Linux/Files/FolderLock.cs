using Overlay.Linux.Interop;

namespace Overlay.Linux.Files;

/// <summary>Keeps other processes that ask for the same lock away from a folder's content (flock(2)). The folder itself is the lock, so that no file stays behind;
/// the kernel releases it when the process ends, however that happens.</summary>
public sealed class FolderLock : IDisposable
{
    private readonly FileDescriptor _descriptor;

    private FolderLock(FileDescriptor descriptor) => _descriptor = descriptor;

    /// <summary>Takes the lock, waiting for whoever has it.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="IOException">It cannot be opened or locked.</exception>
    public static FolderLock Take(string folder) => Take(FileCalls.OpenFolder(folder), folder);

    /// <summary>Takes the lock of a program that locks a file instead of the folder, waiting for whoever has it. The file is not made.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="IOException">It cannot be opened or locked.</exception>
    public static FolderLock TakeFile(string file) => Take(FileCalls.OpenFile(file), file);

    /// <summary>Lets the next one in.</summary>
    public void Dispose() => _descriptor.Dispose();

    private static FolderLock Take(FileDescriptor descriptor, string path)
    {
        try
        {
            FileCalls.LockExclusively(descriptor, path);
            return new FolderLock(descriptor);
        }
        catch
        {
            descriptor.Dispose();
            throw;
        }
    }
}
