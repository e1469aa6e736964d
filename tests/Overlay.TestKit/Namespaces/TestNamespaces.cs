using System.Globalization;
using Overlay.Linux.Namespaces;

namespace Overlay.TestKit.Namespaces;

/// <summary>Makes network namespaces whose names say which process made them, so that those of a run that was killed can be told and removed.</summary>
public static class TestNamespaces
{
    private const string Prefix = "ovt";

    private static readonly Lock _gate = new();
    private static int _lastNumber;
    private static bool _isClean;

    /// <summary>Makes a namespace called <c>ovt-PROCESS-NUMBER-ROLE</c>, where new devices do no duplicate address detection.</summary>
    public static (string Name, NetworkNamespace Namespace) Create(string role)
    {
        RemoveOrphans();
        var name = string.Create(CultureInfo.InvariantCulture, $"{Prefix}-{Environment.ProcessId}-{Interlocked.Increment(ref _lastNumber)}-{role}");
        var created = NetworkNamespace.Create(name);
        try
        {
            created.Run(() =>
            {
                Sysctl.TryWrite("net/ipv6/conf/default/accept_dad", "0");
                Sysctl.TryWrite("net/ipv6/conf/all/accept_dad", "0");
            });
            return (name, created);
        }
        catch
        {
            created.Dispose();
            throw;
        }
    }

    /// <summary>Removes the namespaces of test processes that no longer run; once per process.</summary>
    public static void RemoveOrphans()
    {
        lock (_gate)
        {
            if (_isClean || !Directory.Exists("/run/netns"))
            {
                return;
            }

            _isClean = true;
            foreach (var path in Directory.GetFiles("/run/netns", Prefix + "-*"))
            {
                var name = Path.GetFileName(path);
                if (int.TryParse(name.Split('-')[1], NumberStyles.None, CultureInfo.InvariantCulture, out var process) && !Directory.Exists($"/proc/{process}"))
                {
                    TryDelete(name);
                }
            }
        }
    }

    private static void TryDelete(string name)
    {
        try
        {
            NetworkNamespace.Delete(name);
        }
        catch (IOException)
        {
            // Another process removes it too, or holds it; it is in nobody's way.
        }
    }
}
