namespace Overlay.Cni.Ipam;

/// <summary>The 64-bit FNV-1a hash: a checksum for lines, and the source of names that must come out the same in every process. Not for secrets.</summary>
internal static class Fnv1a
{
    private const ulong OffsetBasis = 0xcbf29ce484222325;
    private const ulong Prime = 0x100000001b3;

    public static ulong Hash(ReadOnlySpan<char> text)
    {
        var hash = OffsetBasis;
        foreach (var letter in text)
        {
            hash = (hash ^ (byte)letter) * Prime;
            hash = (hash ^ (byte)(letter >> 8)) * Prime;
        }

        return hash;
    }
}
