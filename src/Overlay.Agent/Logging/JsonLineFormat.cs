using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Overlay.Agent.Logging;

/// <summary>For machines: one JSON object on a line, with the message and its values.</summary>
internal sealed class JsonLineFormat : ILineFormat
{
    // The log is no web page: <, > and & stay readable.
    private static readonly JsonWriterOptions _options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public byte[] Format(in LogLine line)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer, _options))
        {
            writer.WriteStartObject();
            writer.WriteString("time", line.At.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));
            writer.WriteString("level", line.LevelName);
            writer.WriteString("source", line.Category);
            writer.WriteNumber("event", line.EventId);
            writer.WriteString("message", line.Message);
            foreach (var (name, value) in line.Values)
            {
                // The template itself is in the code, under the event's number.
                if (name != "{OriginalFormat}")
                {
                    writer.WriteString($"value.{name}", Convert.ToString(value, CultureInfo.InvariantCulture));
                }
            }

            if (line.Exception is { } exception)
            {
                writer.WriteString("exception", exception.ToString());
            }

            writer.WriteEndObject();
        }

        return [.. buffer.WrittenSpan, (byte)'\n'];
    }
}
