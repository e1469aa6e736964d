namespace Overlay.Linux.Tests.Firewall;

/// <summary>A folder of commands: some real, some that refuse.</summary>
internal sealed class FakeTools : IDisposable
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("ovfw").FullName;

    /// <summary>Makes real commands available.</summary>
    public FakeTools Link(params string[] names)
    {
        foreach (var name in names)
        {
            File.CreateSymbolicLink(Path.Combine(Folder, name), $"/usr/sbin/{name}");
        }

        return this;
    }

    /// <summary>Adds a command: a shell script without its first line.</summary>
    public FakeTools Script(string name, string script)
    {
        var path = Path.Combine(Folder, name);
        File.WriteAllText(path, $"#!/bin/sh\n{script}\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return this;
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
