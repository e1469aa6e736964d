using System.Text;

namespace Overlay.Cni.Ipam;

/// <summary>The 64-bit FNV-1a hash of a text in UTF-8: the source of names that must come out the same in every process. Not for secrets.</summary>
internal static class Fnv1a
{
    private const ulong OffsetBasis = 0xcbf29ce484222325;
    private const ulong Prime = 0x100000001b3;

    public static ulong Hash(string text) => Hash(Encoding.UTF8.GetBytes(text));

    public static ulong Hash(ReadOnlySpan<byte> text)
    {
        var hash = OffsetBasis;
        foreach (var value in text)
        {
            hash = (hash ^ value) * Prime;
        }

        return hash;
    }
}
