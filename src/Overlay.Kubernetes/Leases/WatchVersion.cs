using Overlay.Kubernetes.Json;

namespace Overlay.Kubernetes.Leases;

/// <summary>The version that a watch has come to. It is written at each event, and made a text only when a watch begins anew.</summary>
internal sealed class WatchVersion(string first)
{
    private readonly char[] _text = Pad(first);
    private int _length = first.Length;

    /// <summary>Takes an event's version.</summary>
    public void Advance(JsonSlice version)
    {
        if (version.TryCopyTo(_text, out var length) && length > 0)
        {
            _length = length;
        }
    }

    /// <inheritdoc/>
    public override string ToString() => new(_text, 0, _length);

    // etcd's revision has at most 19 digits, but the API calls it opaque.
    private static char[] Pad(string text) => text.PadRight(Math.Max(256, text.Length)).ToCharArray();
}
