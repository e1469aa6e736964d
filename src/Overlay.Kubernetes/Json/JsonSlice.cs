using System.Text.Json;

namespace Overlay.Kubernetes.Json;

/// <summary>A JSON string as it stands in a larger text, quotes included. It is compared without being copied.</summary>
internal readonly ref struct JsonSlice(ReadOnlySpan<byte> quoted)
{
    private readonly ReadOnlySpan<byte> _quoted = quoted;

    /// <summary>Whether there is none.</summary>
    public bool IsAbsent => _quoted.IsEmpty;

    /// <summary>Whether it is this text; an absent one is <see langword="null"/>.</summary>
    public bool Is(string? text)
    {
        if (text is null || IsAbsent)
        {
            return text is null && IsAbsent;
        }

        var reader = new Utf8JsonReader(_quoted);
        return reader.Read() && reader.ValueTextEquals(text);
    }

    /// <summary>The text; <see langword="null"/> when there is none, or the bytes are no UTF-8.</summary>
    public string? Read()
    {
        if (IsAbsent)
        {
            return null;
        }

        try
        {
            var reader = new Utf8JsonReader(_quoted);
            return reader.Read() ? reader.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null; // Half of a surrogate pair, or no UTF-8.
        }
    }

    /// <summary>Copies the text; <see langword="false"/> when it does not fit or is none.</summary>
    public bool TryCopyTo(Span<char> destination, out int length)
    {
        length = 0;
        if (IsAbsent || _quoted.Length > destination.Length)
        {
            return false;
        }

        try
        {
            var reader = new Utf8JsonReader(_quoted);
            reader.Read();
            length = reader.CopyString(destination);
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}
