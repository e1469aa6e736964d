namespace Overlay.Linux.Sysctls;

/// <summary>Keeps a fight with another program over one setting from becoming a hot loop: so many writes in a while, then a pause.</summary>
internal sealed class SysctlPatience(TimeProvider time)
{
    private const int Writes = 5;

    private readonly Dictionary<string, (long Since, int Count)> _written = new(StringComparer.Ordinal);

    /// <summary>How long a while is, and the pause: ten seconds.</summary>
    public static TimeSpan Pause { get; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether the setting may be written now; counts it as written.</summary>
    public bool MayWrite(string path)
    {
        if (!_written.TryGetValue(path, out var entry) || time.GetElapsedTime(entry.Since) >= Pause)
        {
            entry = (time.GetTimestamp(), 0);
        }

        _written[path] = entry with { Count = entry.Count + 1 };
        return entry.Count < Writes;
    }
}
