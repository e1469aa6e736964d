namespace Overlay.Agent.Logging;

/// <summary>The least level that is logged; it may change while the agent runs.</summary>
internal sealed class LevelSwitch(LogLevel initial)
{
    private volatile int _level = (int)initial;

    public LogLevel Level
    {
        get => (LogLevel)_level;
        set => _level = (int)value;
    }
}
