using System.Text;

namespace Overlay.WireGuard.Control.Uapi;

/// <summary>Why a command is not carried out: the number that the client is told, and the sentence for the log, which the protocol has no room for.</summary>
internal sealed record UapiRefusal(int Errno, string Reason)
{
    // errno.h; the choice among them is wireguard-go's (ipc/uapi_unix.go).
    public const int InputOutput = 5;
    public const int NoDevice = 19;
    public const int Invalid = 22;
    public const int Protocol = 71;

    private const int LongestQuote = 64;

    /// <summary>A known key with a value that it cannot have.</summary>
    public static UapiRefusal Value(string key, ReadOnlySpan<byte> found, string allowed) => new(Invalid, $"{key}: found '{Quote(found)}', allowed is {allowed}");

    /// <summary>A secret that is none. What was found stays unsaid: it may be one with a slip of the pen.</summary>
    public static UapiRefusal Secret(string key) => new(Invalid, $"{key}: the value is not 64 hexadecimal digits");

    public static UapiRefusal Key(string place, ReadOnlySpan<byte> found) => new(Invalid, $"there is no {place} key '{Quote(found)}'");

    /// <summary>Text from outside as a log may hold it: short, and without anything that a terminal would obey.</summary>
    public static string Quote(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder();
        foreach (var letter in bytes[..Math.Min(bytes.Length, LongestQuote)])
        {
            text.Append(letter is >= 0x20 and < 0x7f ? (char)letter : '?');
        }

        return bytes.Length > LongestQuote ? text.Append("...").ToString() : text.ToString();
    }
}
