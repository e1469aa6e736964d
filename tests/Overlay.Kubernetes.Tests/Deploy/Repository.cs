namespace Overlay.Kubernetes.Tests.Deploy;

/// <summary>Where the sources are.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    public static string Chart => Path.Combine(Root, "deploy/helm/overlay");

    private static string Find()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "Overlay.Core.sln")))
            {
                return folder;
            }
        }

        throw new InvalidOperationException("The tests do not run within the repository.");
    }
}
