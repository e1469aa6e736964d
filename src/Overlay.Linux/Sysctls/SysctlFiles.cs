namespace Overlay.Linux.Sysctls;

/// <summary>The files under <c>/proc/sys</c>. Those of <c>net/</c> belong to the network namespace of the thread that opens them.</summary>
/// <param name="root">The folder; another than <c>/proc/sys</c> in tests.</param>
internal sealed class SysctlFiles(string root = "/proc/sys")
{
    /// <summary>A setting's value; <see langword="null"/> if the kernel has no such setting, or none yet.</summary>
    public string? Read(string path)
    {
        try
        {
            return File.ReadAllText(Path.Combine(root, path)).Trim();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Sets a value; gives the reason why it could not be set, or <see langword="null"/>.</summary>
    public string? Write(string path, string value)
    {
        try
        {
            // Not created if it is missing: that is another setting than was meant.
            using var file = new FileStream(Path.Combine(root, path), FileMode.Open, FileAccess.Write);
            file.Write(System.Text.Encoding.ASCII.GetBytes(value));
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return exception is UnauthorizedAccessException ? "permission denied" : exception.Message;
        }
    }
}
