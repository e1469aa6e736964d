using Overlay.Cni.Protocol;

namespace Overlay.Cni.Delegation;

/// <summary>The configurations with which other plugins were run, one file an attachment, so that DEL can run them again when everything else is gone (flannel-facts 8.8).
/// The file of <c>eth0</c> has flannel's name, the container's id; that of another interface also names the interface, so that none overwrites another.</summary>
internal sealed class SavedConfiguration
{
    private const string UsualInterface = "eth0";
    private const char Separator = ':';

    private SavedConfiguration(AttachmentKey key, string path, JsonValue root)
    {
        Key = key;
        Path = path;
        Root = root;
    }

    public AttachmentKey Key { get; }

    public string Path { get; }

    /// <summary>The configuration.</summary>
    public JsonValue Root { get; }

    /// <summary>Writes the file before the plugin is run: all of it or nothing, and to the disk, because what other plugins keep outlives a reboot.</summary>
    public static SavedConfiguration Save(string folder, AttachmentKey key, ReadOnlySpan<byte> configuration)
    {
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var path = PathOf(folder, key);
        var temporary = System.IO.Path.Combine(folder, $".{System.IO.Path.GetFileName(path)}.new");
        using (var file = new FileStream(temporary, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            Share = FileShare.None,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
            file.Write(configuration);
            // The line's end tells our files from flannel's, which may be of any interface.
            file.Write("\n"u8);
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
        return new SavedConfiguration(key, path, JsonValue.Parse(configuration.ToArray(), path));
    }

    /// <summary>The attachment's file; <see langword="null"/> if there is none that can be read.</summary>
    public static SavedConfiguration? Find(string folder, AttachmentKey key) =>
        TryRead(key, PathOf(folder, key)) ?? (key.InterfaceName == UsualInterface ? null : TryRead(key, System.IO.Path.Combine(folder, key.ContainerId), mustBeFlannels: true));

    /// <summary>All files of a network.</summary>
    public static IEnumerable<SavedConfiguration> List(string folder, string network)
    {
        if (!Directory.Exists(folder))
        {
            yield break;
        }

        foreach (var path in Directory.EnumerateFiles(folder))
        {
            var parts = System.IO.Path.GetFileName(path).Split(Separator, 2);
            var key = new AttachmentKey(parts[0], parts.Length == 2 ? parts[1] : UsualInterface);
            if (Invocation.IsIdentifier(key.ContainerId) && TryRead(key, path) is { } saved && saved.Root.Member("name").Text("") == network)
            {
                yield return saved;
            }
        }
    }

    public void Delete() => File.Delete(Path);

    private static string PathOf(string folder, AttachmentKey key) =>
        System.IO.Path.Combine(folder, key.InterfaceName == UsualInterface ? key.ContainerId : $"{key.ContainerId}{Separator}{key.InterfaceName}");

    private static SavedConfiguration? TryRead(AttachmentKey key, string path, bool mustBeFlannels = false)
    {
        try
        {
            var bytes = File.ReadAllBytes(path);
            return mustBeFlannels && bytes is [.., (byte)'\n'] ? null : new SavedConfiguration(key, path, JsonValue.Parse(bytes, path));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CniException)
        {
            return null;
        }
    }
}
