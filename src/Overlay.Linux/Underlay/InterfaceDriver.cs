namespace Overlay.Linux.Underlay;

/// <summary>Names the driver of an interface.</summary>
internal static class InterfaceDriver
{
    /// <summary>The driver's name, such as <c>vmxnet3</c>; <see langword="null"/> for what has no hardware.</summary>
    public static string? Read(string name)
    {
        try
        {
            return Path.GetFileName(File.ResolveLinkTarget($"/sys/class/net/{name}/device/driver", returnFinalTarget: true)?.FullName);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
