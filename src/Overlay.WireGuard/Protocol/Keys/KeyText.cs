namespace Overlay.WireGuard.Protocol.Keys;

/// <summary>The two spellings of a key: base64 with 44 characters (<c>wg</c>, leases) and 64 hexadecimal digits (the UAPI socket).</summary>
internal static class KeyText
{
    public static bool TryParse(ReadOnlySpan<char> text, Span<byte> key) => text.Length switch
    {
        44 => Convert.TryFromBase64Chars(text, key, out var written) && written == key.Length && IsCanonical(text[^2]),
        64 => Convert.FromHexString(text, key, out _, out var written) == System.Buffers.OperationStatus.Done && written == key.Length,
        _ => false,
    };

    /// <summary>32 bytes fill 42 characters and four bits more: a last character with other bits set would spell the same key twice.</summary>
    private static bool IsCanonical(char last) => "AEIMQUYcgkosw048".Contains(last, StringComparison.Ordinal);

    public static string ToBase64(ReadOnlySpan<byte> key) => Convert.ToBase64String(key);
}
