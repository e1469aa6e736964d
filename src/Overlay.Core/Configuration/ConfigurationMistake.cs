namespace Overlay.Core.Configuration;

/// <summary>One thing that is wrong in what the user wrote.</summary>
/// <param name="Where">The place: a flag (<c>--iface</c>), an environment variable, or a file with a key (<c>net-conf.json: Backend.VNI</c>).</param>
/// <param name="Found">The value found there; never a secret.</param>
/// <param name="Allowed">What is allowed there, as the end of a sentence: "a whole number from 1 to 16777215".</param>
public sealed record ConfigurationMistake(string Where, string Found, string Allowed)
{
    /// <summary>One line for the user.</summary>
    public override string ToString() => $"{Where}: found {Found}, allowed is {Allowed}";
}
