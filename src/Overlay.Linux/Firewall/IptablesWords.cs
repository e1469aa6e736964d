using System.Text;

namespace Overlay.Linux.Firewall;

/// <summary>Splits a rule into words as <c>iptables-restore</c> does: blanks separate, double quotes join, a backslash in quotes keeps the next character.</summary>
internal static class IptablesWords
{
    /// <summary>The words of <paramref name="line"/>; an open quote ends with the line.</summary>
    public static List<string> Split(string line)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        var (inWord, inQuotes) = (false, false);
        for (var index = 0; index < line.Length; index++)
        {
            var character = line[index];
            if (character == '"')
            {
                (inWord, inQuotes) = (true, !inQuotes);
            }
            else if (inQuotes && character == '\\' && index + 1 < line.Length)
            {
                word.Append(line[++index]);
            }
            else if (!inQuotes && character == ' ')
            {
                End();
            }
            else
            {
                inWord = true;
                word.Append(character);
            }
        }

        End();
        return words;

        void End()
        {
            if (inWord)
            {
                words.Add(word.ToString());
                word.Clear();
                inWord = false;
            }
        }
    }
}
