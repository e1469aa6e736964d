using System.Collections.ObjectModel;
using System.Text.Json;

using Overlay.WireGuard.Protocol.Peers;

namespace Overlay.WireGuard.Device;

/// <summary>The causes of drops as metric labels: <c>wrong_mac1</c>.</summary>
internal static class DropWords
{
    private static readonly (DropCause Cause, string Word)[] _words =
        [.. Enum.GetValues<DropCause>().Where(cause => cause != DropCause.None).Select(cause => (cause, JsonNamingPolicy.SnakeCaseLower.ConvertName(cause.ToString())))];

    /// <summary>The causes that there were.</summary>
    public static IReadOnlyDictionary<string, long> Read(DropCounters counters)
    {
        Dictionary<string, long>? drops = null;
        foreach (var (cause, word) in _words)
        {
            if (counters[cause] is var count and not 0)
            {
                (drops ??= []).Add(word, count);
            }
        }

        return drops ?? (IReadOnlyDictionary<string, long>)ReadOnlyDictionary<string, long>.Empty;
    }
}
