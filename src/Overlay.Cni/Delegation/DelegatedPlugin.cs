using Overlay.Cni.Ipam;
using Overlay.Cni.Protocol;

namespace Overlay.Cni.Delegation;

/// <summary>Another plugin that does a part of the work, with a saved configuration from ADD to DEL.</summary>
/// <param name="folder">The data folder.</param>
/// <param name="type">Where the configuration names the plugin.</param>
/// <param name="invocation">What the runtime says.</param>
/// <param name="configure">Makes the plugin's configuration in a version's form.</param>
internal sealed class DelegatedPlugin(string folder, JsonValue type, Invocation invocation, Func<CniVersion, SortedJson> configure)
{
    /// <summary>Runs ADD. A failure runs DEL, and leaves the saved configuration only if that fails too.</summary>
    public CniResult Add(CniVersion version)
    {
        var plugin = Open();
        var saved = SavedConfiguration.Save(folder, invocation.Key, configure(version).ToBytes());
        try
        {
            return Read(plugin.Run("ADD", invocation.Key, invocation.NamespacePath, configure(version).ToBytes()));
        }
        catch (CniException exception) when (exception.Code == CniErrorCode.IncompatibleVersion && NewestCommon(plugin, version) is { } older)
        {
            saved.Delete();
            return Add(older);
        }
        catch
        {
            TryDelete(plugin, saved);
            throw;
        }
    }

    /// <summary>Runs CHECK in the version that the plugin speaks.</summary>
    public void Check(CniVersion version, CniResult previous)
    {
        var plugin = Open();
        var spoken = SavedVersion() ?? version;
        if (spoken.AllowsCheck())
        {
            plugin.Run("CHECK", invocation.Key, invocation.NamespacePath, configure(spoken).Set("prevResult", json => json.WriteRawValue(CniResultWriter.Write(previous, spoken))).ToBytes());
        }
    }

    /// <summary>Runs GC or STATUS if the plugin speaks 1.1.0, which has them.</summary>
    public void RunIfKnown(string command, JsonValue validAttachments)
    {
        var plugin = Open();
        if (Speaks(plugin).Contains(CniVersion.V110))
        {
            plugin.Run(command, null, "", configure(CniVersion.V110).Set("cni.dev/valid-attachments", validAttachments).ToBytes());
        }
    }

    /// <summary>Runs DEL with a saved configuration, and forgets that when it is done.</summary>
    public static void Delete(SavedConfiguration saved, JsonValue type, string searchPath, string namespacePath) =>
        Delete(saved, new PluginProcess(PluginFinder.Find(type, searchPath), searchPath), namespacePath);

    private PluginProcess Open() => new(PluginFinder.Find(type, invocation.PluginPath), invocation.PluginPath);

    private CniVersion? SavedVersion() =>
        SavedConfiguration.Find(folder, invocation.Key) is { } saved && CniVersions.TryParse(saved.Root.Member("cniVersion").Text(""), out var version) ? version : null;

    private static CniVersion? NewestCommon(PluginProcess plugin, CniVersion refused)
    {
        var common = Speaks(plugin).Where(version => version < refused).ToArray();
        return common.Length > 0 ? common.Max() : null;
    }

    private static CniVersion[] Speaks(PluginProcess plugin)
    {
        var question = new SortedJson().Set("cniVersion", CniVersions.Newest.Text()).ToBytes();
        var answer = JsonValue.Parse(plugin.Run("VERSION", null, "", question), "The plugin's answer to VERSION");
        return [.. answer.Member("supportedVersions").List().Select(entry => CniVersions.TryParse(entry.Text(""), out var version) ? version : CniVersion.V010)];
    }

    private static CniResult Read(byte[] answer) => CniResultReader.Read(JsonValue.Parse(answer, "The plugin's result"));

    private static void Delete(SavedConfiguration saved, PluginProcess plugin, string namespacePath)
    {
        plugin.Run("DEL", saved.Key, namespacePath, System.Text.Encoding.UTF8.GetBytes(saved.Root.Element.GetRawText()));
        HostLocalStore.FreeUnowned(saved.Root);
        saved.Delete();
    }

    private void TryDelete(PluginProcess plugin, SavedConfiguration saved)
    {
        try
        {
            Delete(saved, plugin, invocation.NamespacePath);
        }
        catch (CniException)
        {
            // The runtime's DEL tries again; it has the saved configuration.
        }
    }
}
