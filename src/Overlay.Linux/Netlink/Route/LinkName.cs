using System.Text;
using static Overlay.Linux.Interop.Uapi;

namespace Overlay.Linux.Netlink.Route;

/// <summary>What the kernel takes as a link's name (<c>dev_valid_name</c> of net/core/dev.c), without the patterns such as <c>eth%d</c> that it fills in itself.</summary>
public static class LinkName
{
    /// <summary>The rule in words, for messages.</summary>
    public const string Rule = "1 to 15 bytes without '/', ':', '%' and blanks";

    /// <summary>Whether a link can have that name.</summary>
    public static bool IsValid(string? name) =>
        !string.IsNullOrEmpty(name) && Encoding.UTF8.GetByteCount(name) < IFNAMSIZ && name is not ("." or "..")
        && !name.Any(letter => letter is '/' or ':' or '%' || char.IsWhiteSpace(letter) || char.IsControl(letter));
}
