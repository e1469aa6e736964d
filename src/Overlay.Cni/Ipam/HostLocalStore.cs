using Overlay.Cni.Protocol;
using Overlay.Core.Addressing;
using Overlay.Linux.Files;

namespace Overlay.Cni.Ipam;

/// <summary>The addresses that the plugin host-local keeps, a file each. It makes the file first and then writes into it whose the address is; killed between the two it never
/// frees that address, because it frees what it finds the owner in (containernetworking/plugins, host-local/backend/disk/backend.go).</summary>
internal static class HostLocalStore
{
    private const string Type = "host-local";
    private const string UsualFolder = "/var/lib/cni/networks";
    private const string LockFile = "lock";

    /// <summary>Whether host-local, with its usual folder, keeps an address for a workload.</summary>
    public static bool HasGiven(string network, InetAddress address) => File.Exists($"{UsualFolder}/{network}/{address}");

    /// <summary>Frees the addresses of a network that have no owner, if it was host-local that gave them.</summary>
    /// <param name="configuration">The configuration with which a plugin was run.</param>
    /// <exception cref="CniException">The files cannot be locked or removed.</exception>
    public static void FreeUnowned(JsonValue configuration)
    {
        var ipam = configuration.Member("ipam");
        if (ipam.Member("type").Text("") != Type)
        {
            return;
        }

        var data = ipam.Member("dataDir").Text("");
        var folder = Path.Combine(data.Length == 0 ? UsualFolder : data, configuration.Member("name").Text(""));
        try
        {
            // Its own lock: it holds that while it gives an address, so that what is empty now stays so.
            using var held = FolderLock.TakeFile(Path.Combine(folder, LockFile));
            foreach (var file in new DirectoryInfo(folder).EnumerateFiles().Where(file => file.Length == 0 && System.Net.IPAddress.TryParse(file.Name, out _)))
            {
                file.Delete();
            }
        }
        catch (FileNotFoundException)
        {
            // It has given none.
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CniException(CniErrorCode.Io, $"The addresses of {Type} in {folder} cannot be looked through: {exception.Message}", exception);
        }
    }
}
