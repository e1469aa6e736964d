using System.Runtime.InteropServices;
using Overlay.Linux.Interop;

namespace Overlay.Linux.Files;

/// <summary>What tells a file from all others that exist, whatever its names are: an open file that was deleted, or replaced by a rename, is not the one that its path leads to.
/// A file that nobody holds open may have left its numbers to a later one.</summary>
/// <param name="Device">The file system's number.</param>
/// <param name="Inode">The file's number in it.</param>
public readonly record struct FileIdentity(ulong Device, ulong Inode)
{
    /// <summary>The identity of an open file.</summary>
    /// <exception cref="IOException">The descriptor is broken.</exception>
    public static FileIdentity Of(SafeHandle handle) => From(FileCalls.Identify(handle));

    /// <summary>The identity of the file that a path leads to; <see langword="null"/> if there is none, or none that can be seen.</summary>
    public static FileIdentity? Find(string path) => FileCalls.Identify(path) is { } found ? From(found) : null;

    private static FileIdentity From((ulong Device, ulong Inode) numbers) => new(numbers.Device, numbers.Inode);
}
