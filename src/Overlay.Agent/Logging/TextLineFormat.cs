using System.Globalization;
using System.Text;

namespace Overlay.Agent.Logging;

/// <summary>For people: <c>2026-11-23T15:18:11.123Z info OverlayEngine[1301] Leased 10.244.1.0/24</c>. Further lines of a message are indented.</summary>
internal sealed class TextLineFormat : ILineFormat
{
    public byte[] Format(in LogLine line)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{line.At.UtcDateTime:yyyy-MM-ddTHH:mm:ss.fffZ} {line.LevelName} {line.Source}[{line.EventId}] {line.Message}");
        if (line.Exception is { } exception)
        {
            text += "\n" + exception;
        }

        return Encoding.UTF8.GetBytes(text.ReplaceLineEndings("\n    ") + "\n");
    }
}
