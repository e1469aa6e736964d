using System.Text;

namespace Overlay.Cni.Protocol;

/// <summary>What the kernel takes as a link's name (<c>dev_valid_name</c> of net/core/dev.c).</summary>
internal static class LinkNames
{
    public const int LongestBytes = 15;

    public static bool IsValid(string text) => text.Length > 0
        && text is not ("." or "..")
        && Encoding.UTF8.GetByteCount(text) <= LongestBytes
        && !text.Any(letter => letter is '/' or ':' || char.IsWhiteSpace(letter) || char.IsControl(letter) || char.IsSurrogate(letter));
}
