using System.Text;
using Overlay.Core.Diagnostics;

namespace Overlay.Linux.Underlay;

/// <summary>Collects why each wish and each interface came to nothing, for the one message at the end.</summary>
internal sealed class ConsideredInterfaces(IReadOnlyList<HostInterface> interfaces)
{
    private readonly List<string> _misses = [];
    private readonly Dictionary<int, List<string>> _refusals = [];

    /// <summary>A wish chose nothing. Gives <see langword="null"/>, the choice.</summary>
    public UnderlayChoice? Miss(string wish, string reason)
    {
        _misses.Add($"{wish}: {reason}");
        return null;
    }

    /// <summary>An interface was looked at and does not do.</summary>
    public void Refuse(HostInterface candidate, string reason)
    {
        if (!_refusals.TryGetValue(candidate.Index, out var reasons))
        {
            _refusals[candidate.Index] = reasons = [];
        }

        if (!reasons.Contains(reason))
        {
            reasons.Add(reason);
        }
    }

    /// <summary>All interfaces but one were looked at and do not do.</summary>
    public void Others(HostInterface? found, string reason)
    {
        foreach (var candidate in interfaces)
        {
            if (candidate.Index != found?.Index)
            {
                Refuse(candidate, reason);
            }
        }
    }

    /// <summary>Everything, one line for each wish and for each interface.</summary>
    public OverlayException ToException()
    {
        var text = new StringBuilder("No interface between the nodes was found.");
        foreach (var miss in _misses)
        {
            text.Append(Environment.NewLine).Append("  ").Append(miss);
        }

        text.Append(Environment.NewLine).Append("Interfaces considered:");
        foreach (var candidate in interfaces)
        {
            var reasons = _refusals.TryGetValue(candidate.Index, out var list) ? string.Join(", ", list) : "not reached";
            text.Append(Environment.NewLine).Append("  ").Append(candidate).Append(": ").Append(reasons);
        }

        return new OverlayException(text.ToString());
    }
}
