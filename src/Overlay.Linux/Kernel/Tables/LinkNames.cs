using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Overlay.Linux.Kernel;

/// <summary>The names of the links by index and the other way round, as last heard from the kernel.</summary>
internal sealed class LinkNames
{
    private readonly Dictionary<int, string> _names = [];
    private readonly Dictionary<string, int> _indexes = new(StringComparer.Ordinal);

    /// <summary>The name of a link.</summary>
    public bool TryGetName(int index, [NotNullWhen(true)] out string? name) => _names.TryGetValue(index, out name);

    /// <summary>The index of a link; 0 if there is none.</summary>
    public int IndexOf(string name) => _indexes.GetValueOrDefault(name);

    /// <summary>Records a name; gives it as a text, and the link's former name if it had another.</summary>
    public string Set(int index, ReadOnlySpan<byte> name, out string? former)
    {
        former = null;
        if (_names.TryGetValue(index, out var known))
        {
            if (Encoding.UTF8.GetByteCount(known) == name.Length && Encoding.UTF8.GetString(name) == known)
            {
                return known;
            }

            former = known;
            Remove(index);
        }

        var text = Encoding.UTF8.GetString(name);
        _names[index] = text;
        _indexes[text] = index;
        return text;
    }

    /// <summary>Forgets a link.</summary>
    public void Remove(int index)
    {
        if (_names.Remove(index, out var name) && _indexes.GetValueOrDefault(name) == index)
        {
            _indexes.Remove(name);
        }
    }
}
