using System.Reflection;

namespace Overlay.Agent;

internal static class ProgramVersion
{
    /// <summary>The version, with the commit that it was built from behind a plus.</summary>
    public static string Text { get; } =
        typeof(ProgramVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
}
