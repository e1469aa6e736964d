using Overlay.Linux.Namespaces;

namespace Overlay.TestKit.Namespaces;

/// <summary>Kernel settings under /proc/sys; those under <c>net/</c> are of the calling thread's network namespace.</summary>
public static class Sysctl
{
    /// <summary>Reads a setting, such as <c>net/ipv4/ip_forward</c>, in a namespace.</summary>
    public static string Read(NetworkNamespace target, string name) => target.Run(() => File.ReadAllText("/proc/sys/" + name).Trim());

    /// <summary>Writes a setting in a namespace.</summary>
    public static void Write(NetworkNamespace target, string name, string value) => target.Run(() => File.WriteAllText("/proc/sys/" + name, value));

    /// <summary>Writes a setting of the calling thread's namespace if the kernel has it.</summary>
    internal static void TryWrite(string name, string value)
    {
        var path = "/proc/sys/" + name;
        if (File.Exists(path))
        {
            File.WriteAllText(path, value);
        }
    }
}
