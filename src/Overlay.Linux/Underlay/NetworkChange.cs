namespace Overlay.Linux.Underlay;

/// <summary>What one burst of notifications was about. It says where to look again, not what is there.</summary>
internal sealed class NetworkChange
{
    private readonly HashSet<int> _links = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    /// <summary>Whether notifications were lost, so that anything may have changed.</summary>
    public bool IsEverything { get; set; }

    /// <summary>Whether a setting of /proc/sys/net has changed.</summary>
    public bool HasSettings { get; set; }

    /// <summary>Whether there is anything at all.</summary>
    public bool IsEmpty => !IsEverything && !HasSettings && _links.Count == 0;

    /// <summary>Whether a link, an address on it, or a route onto it has changed.</summary>
    public bool Concerns(int link, string name) => IsEverything || _links.Contains(link) || _names.Contains(name);

    /// <summary>Whether a link of that name has come, gone or changed.</summary>
    public bool Concerns(string name) => IsEverything || _names.Contains(name);

    /// <summary>Whether any link has come, gone or changed.</summary>
    public bool HasLinks => IsEverything || _names.Count > 0;

    /// <summary>Something about the link has changed.</summary>
    public void Add(int link) => _links.Add(link);

    /// <summary>The link itself has changed.</summary>
    public void Add(int link, string name)
    {
        _links.Add(link);
        _names.Add(name);
    }
}
