using System.ComponentModel;
using Overlay.Linux.Namespaces;
using Overlay.Linux.Netlink;
using Overlay.Linux.Netlink.Route;

namespace Overlay.Linux.Workloads;

/// <summary>Opens the namespaces of workloads by the numbers that the host knows them by. Where it looks is where runtimes keep them; the processes come last,
/// because there can be many.</summary>
internal sealed class WorkloadNamespaces(IReadOnlyList<string> folders)
{
    /// <summary>Where iproute2 and the CRI runtimes, and where Docker keeps names of namespaces.</summary>
    public static IReadOnlyList<string> UsualFolders { get; } = ["/run/netns", "/run/docker/netns"];

    /// <summary>Opens those of the namespaces that have a name somewhere and may be entered.</summary>
    public Dictionary<int, NetworkNamespace> Open(RouteNetlink netlink, IReadOnlySet<int> numbers)
    {
        var found = new Dictionary<int, NetworkNamespace>();
        foreach (var path in folders.Where(Directory.Exists).SelectMany(Directory.EnumerateFiles).Concat(ProcessPaths()))
        {
            if (found.Count == numbers.Count)
            {
                break;
            }

            Try(netlink, path, numbers, found);
        }

        return found;
    }

    private static void Try(RouteNetlink netlink, string path, IReadOnlySet<int> numbers, Dictionary<int, NetworkNamespace> found)
    {
        NetworkNamespace? candidate = null;
        try
        {
            candidate = NetworkNamespace.OpenPath(path);
            if (netlink.FindNamespaceId(candidate.Handle) is { } number && numbers.Contains(number) && !found.ContainsKey(number) && MayEnter(candidate))
            {
                found.Add(number, candidate);
                candidate = null;
            }
        }
        catch (Exception exception) when (exception is Win32Exception or NetlinkException)
        {
            // It has ended meanwhile, or is no namespace, or not for us.
        }
        finally
        {
            candidate?.Dispose();
        }
    }

    private static bool MayEnter(NetworkNamespace candidate) => candidate.Run(() => true);

    private static IEnumerable<string> ProcessPaths() =>
        Directory.EnumerateDirectories("/proc").Where(folder => char.IsAsciiDigit(folder[^1])).Select(folder => folder + "/ns/net");
}
