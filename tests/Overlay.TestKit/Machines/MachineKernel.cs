using System.Globalization;

using Overlay.Linux.Files;
using Overlay.TestKit.Processes;

namespace Overlay.TestKit.Machines;

/// <summary>Debian's kernel for virtual machines, unpacked into the build's folder and kept there between runs. It has the modules that the kernel under the tests
/// may lack.</summary>
public sealed class MachineKernel
{
    // The meta package depends on the newest versioned one.
    private const string MetaPackage = "linux-image-cloud-amd64";

    private readonly string _root;

    private MachineKernel(string root)
    {
        _root = root;
        Release = Path.GetFileName(Directory.GetDirectories(Path.Combine(root, "lib/modules")).Single());
        Image = Path.Combine(root, "boot", "vmlinuz-" + Release);
    }

    /// <summary>The version, as <c>uname -r</c> gives it.</summary>
    public string Release { get; }

    /// <summary>The file to boot.</summary>
    public string Image { get; }

    /// <summary>Finds the kernel, and fetches it from the Debian archive when it is not there.</summary>
    public static async Task<MachineKernel> FindAsync()
    {
        var folder = Path.Combine(TestFolders.Artifacts, "machines");
        Directory.CreateDirectory(folder);
        // Several test programs may want it at the same time.
        using var gate = FolderLock.Take(folder);
        var root = Path.Combine(folder, "kernel");
        if (!Directory.Exists(root))
        {
            await UnpackAsync(folder, root);
        }

        return new MachineKernel(root);
    }

    /// <summary>The files of modules and of what they stand on, in the order in which they are to be loaded.</summary>
    public async Task<IReadOnlyList<string>> FindModulesAsync(IEnumerable<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        List<string> files = [];
        foreach (var name in names)
        {
            // "insmod FILE" each, or "builtin NAME".
            foreach (var line in (await ChildProcess.RunAsync(null, "modprobe", "-d", _root, "-S", Release, "--show-depends", name)).Split('\n'))
            {
                if (line.Split(' ') is ["insmod", var file, ..] && !files.Contains(file))
                {
                    files.Add(file);
                }
            }
        }

        return files;
    }

    private static async Task UnpackAsync(string folder, string root)
    {
        var work = Directory.CreateDirectory(Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"fetch-{Environment.ProcessId}"))).FullName;
        try
        {
            var depends = await ChildProcess.RunAsync(null, "apt-cache", "depends", "--important", MetaPackage);
            var package = depends.Split('\n').Select(line => line.Trim().Split(' ')).First(words => words is ["Depends:", ..] && words[1].StartsWith("linux-image-", StringComparison.Ordinal))[1];
            await using (var fetch = ChildProcess.Start(null, "apt-get", ["download", package], folder: work))
            {
                await fetch.WaitForExitAsync(TimeSpan.FromMinutes(5));
            }

            var archive = Directory.GetFiles(work, "*.deb").SingleOrDefault() ?? throw new InvalidOperationException($"apt-get download {package} gave nothing; is 'apt-get update' needed?");
            var unpacked = Path.Combine(work, "root");
            await ChildProcess.RunAsync(null, "dpkg", "-x", archive, unpacked);
            await ChildProcess.RunAsync(null, "depmod", "-b", unpacked, Path.GetFileName(Directory.GetDirectories(Path.Combine(unpacked, "lib/modules")).Single()));
            Directory.Move(unpacked, root);
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }
}
