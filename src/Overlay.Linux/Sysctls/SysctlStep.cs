namespace Overlay.Linux.Sysctls;

/// <summary>A setting that is not as it has to be.</summary>
/// <param name="Path">The setting's file below <c>/proc/sys</c>: <c>net/ipv4/ip_forward</c>.</param>
/// <param name="Found">The value found; <see langword="null"/> if the kernel has no such setting.</param>
/// <param name="Wanted">The value to set.</param>
/// <param name="Reason">What goes wrong otherwise.</param>
/// <param name="IsRequired">Whether the network cannot work without; otherwise some paths through it cannot.</param>
internal sealed record SysctlStep(string Path, string? Found, string Wanted, string Reason, bool IsRequired)
{
    /// <summary>The name as sysctl(8) takes it: dots between the parts, and a slash where a part has a dot, as in <c>net.ipv4.conf.flannel/1.rp_filter</c>.</summary>
    public string Name => string.Create(Path.Length, Path, static (name, path) =>
    {
        for (var i = 0; i < path.Length; i++)
        {
            name[i] = path[i] switch { '/' => '.', '.' => '/', var other => other };
        }
    });

    /// <summary>The command that a person would type.</summary>
    public string Command => $"sysctl -w {Name}={Wanted}";
}
