using Overlay.Core.Diagnostics;

namespace Overlay.Core.Leases;

/// <summary>What tells a node from another one that has the same public address: a cloned machine.</summary>
/// <param name="NodeId">Stays with the machine's disk.</param>
/// <param name="Incarnation">Changes at each boot and with each network namespace, so that two running clones of one disk differ.</param>
public sealed record NodeIdentity(string NodeId, string Incarnation)
{
    private const string FileName = "node-id";

    /// <summary>Reads the node's identity, or makes it at the first start.</summary>
    /// <param name="stateDirectory">The folder that keeps it; made when missing.</param>
    /// <exception cref="OverlayException">The folder cannot be written, or the file in it holds something else.</exception>
    public static NodeIdentity Load(string stateDirectory)
    {
        var path = Path.Combine(stateDirectory, FileName);
        try
        {
            Directory.CreateDirectory(stateDirectory);
            if (!File.Exists(path))
            {
                Create(path);
            }

            var text = File.ReadAllText(path).Trim();
            return Guid.TryParseExact(text, "N", out _)
                ? new NodeIdentity(text, ReadIncarnation())
                : throw new OverlayException($"{path} does not hold a node identity (32 hexadecimal digits): restore the file, or delete it to make this node a new one.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new OverlayException($"The node's identity cannot be kept in {path}: {exception.Message}", exception);
        }
    }

    /// <summary>Two processes may make the file at the same time; the first one's stays, whole.</summary>
    private static void Create(string path)
    {
        var draft = $"{path}.{Guid.NewGuid():N}";
        File.WriteAllText(draft, $"{Guid.NewGuid():N}\n");
        try
        {
            File.Move(draft, path, overwrite: false);
        }
        catch (IOException) when (File.Exists(path))
        {
            File.Delete(draft);
        }
    }

    private static string ReadIncarnation()
    {
        const string BootId = "/proc/sys/kernel/random/boot_id";
        // "net:[4026531840]": the namespace's inode, as in namespaces(7).
        var networkNamespace = new FileInfo("/proc/self/ns/net").LinkTarget;
        return File.Exists(BootId) && networkNamespace is not null
            ? $"{File.ReadAllText(BootId).Trim()}/{networkNamespace}"
            : Guid.NewGuid().ToString("N");
    }
}
