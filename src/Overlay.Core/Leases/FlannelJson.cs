using System.Text;

namespace Overlay.Core.Leases;

/// <summary>JSON text in the form of Go's encoding/json, so that our lease values are flannel's byte for byte.</summary>
internal static class FlannelJson
{
    /// <summary>A text in quotes.</summary>
    public static StringBuilder AppendText(this StringBuilder json, string text)
    {
        json.Append('"');
        foreach (var character in text)
        {
            _ = character switch
            {
                '"' or '\\' => json.Append('\\').Append(character),
                '\n' => json.Append("\\n"),
                '\r' => json.Append("\\r"),
                '\t' => json.Append("\\t"),
                '\b' => json.Append("\\b"),
                '\f' => json.Append("\\f"),
                < ' ' => AppendEscaped(json, character),
                _ => AppendPlain(json, character),
            };
        }

        return json.Append('"');
    }

    /// <summary>A JSON text without the blanks between its parts.</summary>
    public static StringBuilder AppendCompact(this StringBuilder json, string text)
    {
        var isInText = false;
        for (var i = 0; i < text.Length; i++)
        {
            var character = text[i];
            if (isInText && character == '\\' && i + 1 < text.Length)
            {
                json.Append(character).Append(text[++i]);
                continue;
            }

            isInText ^= character == '"';
            if (isInText || character is not (' ' or '\t' or '\r' or '\n'))
            {
                AppendPlain(json, character);
            }
        }

        return json;
    }

    /// <summary>Go escapes what HTML and JavaScript would misread.</summary>
    private static StringBuilder AppendPlain(StringBuilder json, char character) =>
        character is '<' or '>' or '&' or '\u2028' or '\u2029' ? AppendEscaped(json, character) : json.Append(character);

    private static StringBuilder AppendEscaped(StringBuilder json, char character) =>
        json.Append("\\u").Append(((int)character).ToString("x4", System.Globalization.CultureInfo.InvariantCulture));
}
