using Overlay.Cni.Protocol;

namespace Overlay.Cni.Ipam;

/// <summary>What tells one run of the kernel from another. No namespace, link or address of a workload outlives it, so that a journal of another boot has nothing to say.</summary>
internal static class BootId
{
    private const string Path = "/proc/sys/kernel/random/boot_id";

    public static string Read()
    {
        using var file = File.OpenHandle(Path);
        Span<byte> bytes = stackalloc byte[64];
        var text = System.Text.Encoding.ASCII.GetString(bytes[..RandomAccess.Read(file, bytes, 0)]).Trim();
        return text.Length > 0 && !text.Contains(' ', StringComparison.Ordinal) ? text : throw new CniException(CniErrorCode.Io, $"{Path} is empty: is /proc mounted?");
    }
}
