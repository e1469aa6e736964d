namespace Overlay.Cni.Conformance;

/// <summary>Whether a plugin meets a demand.</summary>
public enum VerdictKind
{
    /// <summary>It does.</summary>
    Met,

    /// <summary>It does not.</summary>
    Unmet,

    /// <summary>The plugin does not speak the version that has the demand.</summary>
    Unspoken,

    /// <summary>The demand is about something that the plugin, as it is configured, does not have.</summary>
    DoesNotApply,
}
