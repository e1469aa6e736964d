using System.Globalization;
using System.Reflection;

using Overlay.TestKit.Agents;
using Overlay.TestKit.Processes;

namespace Overlay.TestKit.Machines;

/// <summary>What a machine has in its file system, which is its memory: busybox, and what is added here. Everything is taken from this host.</summary>
public sealed class MachineImage : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ovt-machine");
    private readonly string _root;

    /// <summary>Begins with busybox alone.</summary>
    public MachineImage()
    {
        _root = Path.Combine(_folder.FullName, "root");
        foreach (var name in (string[])["bin", "dev", "proc", "sys", "run", "tmp", "var", "etc", "root", "usr/bin", "usr/sbin", "sbin"])
        {
            Directory.CreateDirectory(Path.Combine(_root, name));
        }

        AddFile("/usr/bin/busybox", "/bin/busybox");
        using var script = Assembly.GetExecutingAssembly().GetManifestResourceStream("init.sh")!;
        using var init = File.Create(Path.Combine(_root, "init"));
        script.CopyTo(init);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(init.SafeFileHandle, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }
    }

    /// <summary>Adds a file of this host.</summary>
    public MachineImage AddFile(string file, string place)
    {
        ArgumentNullException.ThrowIfNull(place);
        var link = Path.Combine(_root, place.TrimStart('/'));
        Directory.CreateDirectory(Path.GetDirectoryName(link)!);
        if (!File.Exists(link))
        {
            // The archive is made of what links point to.
            File.CreateSymbolicLink(link, Path.GetFullPath(file));
        }

        return this;
    }

    /// <summary>Adds the files of a folder, or those that <paramref name="matches"/> takes.</summary>
    public MachineImage AddFolder(string folder, string place, Func<string, bool>? matches = null)
    {
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(file => matches?.Invoke(file) ?? true))
        {
            AddFile(file, Path.Combine(place, Path.GetRelativePath(folder, file)));
        }

        return this;
    }

    /// <summary>Adds a file with this text.</summary>
    public MachineImage AddText(string place, string text)
    {
        ArgumentNullException.ThrowIfNull(place);
        var file = Path.Combine(_root, place.TrimStart('/'));
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
        return this;
    }

    /// <summary>Adds programs or libraries of this host, found by name (<c>wg</c>, <c>libssl.so.3</c>) or path, with the libraries that they need, at the same place. Scripts are
    /// programs, too.</summary>
    public async Task AddHostFilesAsync(params string[] names)
    {
        ArgumentNullException.ThrowIfNull(names);
        foreach (var name in names)
        {
            var file = Find(name);
            AddFile(file, name.StartsWith('/') || name.Contains(".so", StringComparison.Ordinal) ? file : Path.Combine("/usr/bin", name));
            await AddLibrariesAsync(file);
        }
    }

    /// <summary>Adds a published program with all that lies beside it, as <paramref name="place"/>/NAME.</summary>
    public async Task AddPublishedAsync(string program, string place)
    {
        AddFolder(Path.GetDirectoryName(Path.GetFullPath(program))!, place);
        await AddLibrariesAsync(program);
    }

    /// <summary>Adds the .NET runtime that this process runs on, so that programs which are not published can run: <c>/usr/share/dotnet/dotnet PROGRAM.dll</c>.</summary>
    public async Task AddDotnetAsync()
    {
        var runtime = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        var root = Path.GetFullPath(Path.Combine(runtime, "../../.."));
        // What is beside it of the same version, too: tests may reference programs that need ASP.NET Core.
        foreach (var folder in Directory.GetDirectories(Path.Combine(root, "shared"), "*").Select(shared => Path.Combine(shared, Path.GetFileName(runtime))).Where(Directory.Exists).Append(Path.Combine(root, "host")))
        {
            AddFolder(folder, Path.Combine("/usr/share/dotnet", Path.GetRelativePath(root, folder)));
        }

        AddFile(Path.Combine(root, "dotnet"), "/usr/share/dotnet/dotnet");
        await AddLibrariesAsync(Path.Combine(root, "dotnet"));
        await AddLibrariesAsync(Path.Combine(runtime, "libcoreclr.so"));
    }

    /// <summary>Makes the archive that the kernel unpacks.</summary>
    internal async Task<string> WriteAsync(MachineKernel kernel, IEnumerable<string> modules)
    {
        List<string> places = [];
        foreach (var module in await kernel.FindModulesAsync(modules))
        {
            places.Add("/modules/" + Path.GetFileName(module));
            AddFile(module, places[^1]);
        }

        AddText("/modules.list", string.Concat(places.Select(place => place + "\n")));
        var archive = Path.Combine(_folder.FullName, "initramfs");
        await ChildProcess.RunAsync(null, "sh", "-c", $"cd {_root} && find . | cpio --quiet -o -L -H newc -R 0:0 > {archive}");
        return archive;
    }

    /// <inheritdoc/>
    public void Dispose() => _folder.Delete(recursive: true);

    private static string Find(string name)
    {
        if (name.StartsWith('/'))
        {
            return name;
        }

        string[] folders = name.Contains(".so", StringComparison.Ordinal)
            ? ["/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu"]
            : ["/usr/bin", "/usr/sbin", "/bin", "/sbin", "/usr/local/bin"];
        return folders.Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists)
            ?? throw new FileNotFoundException(string.Create(CultureInfo.InvariantCulture, $"This host has no {name}."));
    }

    private async Task AddLibrariesAsync(string file)
    {
        // A script or a static program is no mistake: there is nothing to add.
        var needed = await Tool.TryRunAsync(null, "ldd", [file]);
        foreach (var word in needed.Text.Split((char[])[' ', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries).Where(word => word.StartsWith('/') && File.Exists(word)))
        {
            AddFile(word, word);
        }
    }
}
