using Overlay.Core.Diagnostics;

namespace Overlay.Core.Configuration;

/// <summary>What the user wrote cannot be used. It carries every mistake, so that one run shows them all.</summary>
public sealed class ConfigurationException : OverlayException
{
    /// <summary>Reports the mistakes, of which there is at least one.</summary>
    public ConfigurationException(IReadOnlyList<ConfigurationMistake> mistakes)
        : base(string.Join(Environment.NewLine, mistakes)) => Mistakes = mistakes;

    /// <summary>All mistakes, in the order of the text.</summary>
    public IReadOnlyList<ConfigurationMistake> Mistakes { get; }
}
