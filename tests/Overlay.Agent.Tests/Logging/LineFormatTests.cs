using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Overlay.Agent.Logging;
using Xunit;

namespace Overlay.Agent.Tests.Logging;

public class LineFormatTests
{
    private static readonly DateTimeOffset _at = new(2026, 11, 23, 15, 18, 11, 123, TimeSpan.Zero);

    [Fact]
    public void Text_MessageOfTwoLines_IsOneEventWithAnIndent() => Assert.Equal(
        "2026-11-23T15:18:11.123Z warning OverlayEngine[1301] first\n    second\n",
        Encoding.UTF8.GetString(new TextLineFormat().Format(new LogLine(_at, LogLevel.Warning, "Overlay.Core.Engine.OverlayEngine", 1301, "first\nsecond", [], null))));

    [Fact]
    public void Json_AnyText_IsOneLineOfJsonWithTheValues()
    {
        var line = new LogLine(_at, LogLevel.Error, "A.B", 7, "a \"quoted\"\nline <x>", [new("Subnet", "10.0.0.0/8"), new("{OriginalFormat}", "{Subnet}")], new InvalidOperationException("no"));

        var text = Encoding.UTF8.GetString(new JsonLineFormat().Format(line));

        Assert.Equal(text.Length - 1, text.IndexOf('\n', StringComparison.Ordinal));
        var json = JsonElement.Parse(text);
        Assert.Equal("a \"quoted\"\nline <x>", json.GetProperty("message").GetString());
        Assert.Equal("10.0.0.0/8", json.GetProperty("value.Subnet").GetString());
        Assert.Equal("error", json.GetProperty("level").GetString());
        Assert.Contains("InvalidOperationException: no", json.GetProperty("exception").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Provider_LevelChanged_FollowsAtOnce()
    {
        var output = new MemoryStream();
        var level = new LevelSwitch(LogLevel.Information);
        using var provider = new LineLoggerProvider(output, level, TimeProvider.System, new TextLineFormat());
        var logger = provider.CreateLogger("Overlay");

        Assert.False(logger.IsEnabled(LogLevel.Debug));
        level.Level = LogLevel.Debug;

        Assert.True(logger.IsEnabled(LogLevel.Debug));
        Assert.False(provider.CreateLogger("Microsoft.AspNetCore").IsEnabled(LogLevel.Information));
    }
}
