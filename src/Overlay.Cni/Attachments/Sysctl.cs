namespace Overlay.Cni.Attachments;

/// <summary>Settings under <c>/proc/sys/net</c>, of the network namespace that the calling thread is in.</summary>
internal static class Sysctl
{
    private const string Root = "/proc/sys/";

    /// <summary>Sets a value; <see langword="false"/> if the kernel has no such setting or forbids it.</summary>
    public static bool TryWrite(string name, string value)
    {
        try
        {
            using var file = File.OpenHandle(Root + name, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            RandomAccess.Write(file, System.Text.Encoding.ASCII.GetBytes(value), 0);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>A value; <see langword="null"/> if the kernel has no such setting.</summary>
    public static string? Read(string name)
    {
        try
        {
            using var file = File.OpenHandle(Root + name, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            Span<byte> bytes = stackalloc byte[64];
            return System.Text.Encoding.ASCII.GetString(bytes[..RandomAccess.Read(file, bytes, 0)]).Trim();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
