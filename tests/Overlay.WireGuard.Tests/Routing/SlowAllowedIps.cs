using Overlay.Core.Addressing;

namespace Overlay.WireGuard.Tests.Routing;

/// <summary>The same as a list that is searched from end to end: slow, and obviously right.</summary>
internal sealed class SlowAllowedIps
{
    private readonly List<(InetPrefix Prefix, string Owner)> _entries = [];

    public string? Find(InetAddress address) =>
        _entries.Where(entry => entry.Prefix.Contains(address)).OrderByDescending(entry => entry.Prefix.Length).Select(entry => entry.Owner).FirstOrDefault();

    public IEnumerable<InetPrefix> PrefixesOf(string owner) => _entries.Where(entry => entry.Owner == owner).Select(entry => entry.Prefix);

    public void Set(InetPrefix prefix, string owner)
    {
        var masked = Mask(prefix);
        if (!_entries.Contains((masked, owner)))
        {
            _entries.RemoveAll(entry => entry.Prefix == masked);
            _entries.Add((masked, owner));
        }
    }

    public bool Remove(InetPrefix prefix, string owner) => _entries.Remove((Mask(prefix), owner));

    public void RemoveAll(string owner) => _entries.RemoveAll(entry => entry.Owner == owner);

    public void Replace(IEnumerable<InetPrefix> prefixes, string owner)
    {
        RemoveAll(owner);
        foreach (var prefix in prefixes)
        {
            Set(prefix, owner);
        }
    }

    private static InetPrefix Mask(InetPrefix prefix)
    {
        Span<byte> bytes = stackalloc byte[prefix.Address.Size];
        prefix.Address.Write(bytes);
        for (var bit = prefix.Length; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        }

        return new InetPrefix(InetAddress.Read(bytes), prefix.Length);
    }
}
