using System.Text;
using Overlay.Core.Diagnostics;

namespace Overlay.Core.Engine;

/// <summary>Writes <c>subnet.env</c> so that a reader sees the old file or the new one, never a part (flannel-facts 2.2).</summary>
internal sealed class SubnetFileWriter(string path)
{
    private const UnixFileMode FileMode0644 = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode FolderMode0755 = FileMode0644 | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private readonly string _folder = Path.GetDirectoryName(Path.GetFullPath(path))!;

    // A fixed name: what a crash leaves is overwritten by the next run. Rename works within one folder only.
    private string TemporaryPath => Path.Combine(_folder, $".{Path.GetFileName(path)}.new");

    /// <summary>Finds out whether the file can be written, and leaves nothing behind.</summary>
    /// <exception cref="OverlayException">It cannot.</exception>
    public void Probe() => Guard(() =>
    {
        if (Directory.Exists(path))
        {
            throw new IOException("it is a folder");
        }

        var made = CreateFolders();
        try
        {
            Write("");
            File.Delete(TemporaryPath);
        }
        finally
        {
            foreach (var folder in made)
            {
                Directory.Delete(folder);
            }
        }
    });

    /// <summary>Replaces the file.</summary>
    /// <exception cref="OverlayException">It cannot be written; the old one stands.</exception>
    public void Replace(SubnetFileContent content) => Guard(() =>
    {
        CreateFolders();
        Write(content.Format());
        File.Move(TemporaryPath, path, overwrite: true);
    });

    /// <summary>Deletes the file if it exists.</summary>
    /// <returns>Whether it did.</returns>
    /// <exception cref="OverlayException">It cannot be deleted.</exception>
    public bool Delete()
    {
        var existed = File.Exists(path);
        if (existed)
        {
            Guard(() => File.Delete(path));
        }

        return existed;
    }

    private void Write(string text)
    {
        using var file = new FileStream(TemporaryPath, FileMode.Create, FileAccess.Write, FileShare.None);
        if (!OperatingSystem.IsWindows())
        {
            // Whatever the umask is: unprivileged programs read the file.
            File.SetUnixFileMode(file.SafeFileHandle, FileMode0644);
        }

        file.Write(Encoding.ASCII.GetBytes(text));
        file.Flush(flushToDisk: true);
    }

    /// <summary>Makes the folders that are missing and gives them, innermost first.</summary>
    private List<string> CreateFolders()
    {
        var missing = new List<string>();
        for (var folder = _folder; folder is not null && !Directory.Exists(folder); folder = Path.GetDirectoryName(folder))
        {
            missing.Add(folder);
        }

        foreach (var folder in Enumerable.Reverse(missing))
        {
            Directory.CreateDirectory(folder);
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(folder, FolderMode0755);
            }
        }

        return missing;
    }

    private void Guard(Action action)
    {
        try
        {
            action();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new OverlayException($"Cannot write the subnet file {path}: {exception.Message}", exception);
        }
    }
}
