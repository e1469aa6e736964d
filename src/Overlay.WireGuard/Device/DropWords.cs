using System.Text.Json;

using Overlay.WireGuard.Protocol.Peers;

namespace Overlay.WireGuard.Device;

/// <summary>The causes of drops as metric labels: <c>wrong_mac1</c>.</summary>
internal static class DropWords
{
    private static readonly (DropCause Cause, string Word)[] _words =
        [.. Enum.GetValues<DropCause>().Where(cause => cause != DropCause.None).Select(cause => (cause, JsonNamingPolicy.SnakeCaseLower.ConvertName(cause.ToString())))];

    /// <summary>The causes that there were, and packets that waited for a session in vain.</summary>
    public static Dictionary<string, long> Read(ProtocolEngine engine)
    {
        var drops = new Dictionary<string, long>();
        foreach (var (cause, word) in _words)
        {
            if (engine.Drops[cause] is var count and not 0)
            {
                drops.Add(word, count);
            }
        }

        if (engine.StagedInVain is var staged and not 0)
        {
            drops.Add("no_session", staged);
        }

        return drops;
    }
}
