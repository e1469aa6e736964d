using System.Net.Sockets;
using Overlay.Core.Addressing;

namespace Overlay.Core.Configuration;

/// <summary>Reads <c>net-conf.json</c>: every top-level key of flannel with its defaults and constraints (flannel-facts 1.C), and the settings of the
/// backend it names. All mistakes of a text are reported at once.</summary>
/// <param name="backends">The known backends by name; the settings checks of those that have settings.</param>
public sealed class NetworkConfigurationParser(IReadOnlyDictionary<string, IBackendSettings?> backends)
{
    /// <summary>The backend of a text that names none. Flannel takes <c>udp</c>, against its own documentation.</summary>
    public const string DefaultBackend = "vxlan";

    /// <summary>Reads and parses a file.</summary>
    /// <exception cref="ConfigurationException">The file cannot be read or has mistakes.</exception>
    public NetworkConfiguration ReadFile(string path) => Parse(ConfigurationText.Read(path), path);

    /// <summary>Parses a text.</summary>
    /// <param name="json">The text.</param>
    /// <param name="where">Where it comes from, for messages: the file's path.</param>
    /// <exception cref="ConfigurationException">The text has mistakes.</exception>
    public NetworkConfiguration Parse(string json, string where)
    {
        var mistakes = new List<ConfigurationMistake>();
        using var document = ConfigurationText.Parse(json, where);
        var settings = new SettingsReader(document.RootElement, where + ": ", mistakes);

        var hasIPv4 = settings.ReadBoolean("EnableIPv4", true);
        var hasIPv6 = settings.ReadBoolean("EnableIPv6", false);
        if (!hasIPv4 && !hasIPv6)
        {
            settings.AddMistake("EnableIPv4", "true, here or for EnableIPv6: a network needs a family");
        }

        var ipv4 = new SubnetKeys(settings, AddressFamily.InterNetwork, hasIPv4).Read();
        var ipv6 = new SubnetKeys(settings, AddressFamily.InterNetworkV6, hasIPv6).Read();
        var useNFTables = settings.ReadBoolean("EnableNFTables", false);
        var backend = ReadBackend(settings, where, (hasIPv4 ? AddressFamilies.IPv4 : 0) | (hasIPv6 ? AddressFamilies.IPv6 : 0), mistakes);
        return mistakes.Count > 0
            ? throw new ConfigurationException(mistakes)
            : new NetworkConfiguration
            {
                Network = new SubnetPair(ipv4?.Network, ipv6?.Network),
                IPv4Subnets = ipv4?.Range,
                IPv6Subnets = ipv6?.Range,
                EnableNFTables = useNFTables,
                Backend = backend,
            };
    }

    private BackendConfiguration ReadBackend(SettingsReader settings, string where, AddressFamilies families, List<ConfigurationMistake> mistakes)
    {
        if (!settings.Has("Backend"))
        {
            return new BackendConfiguration(DefaultBackend, $$"""{"Type":"{{DefaultBackend}}"}""") { IsAssumed = true };
        }

        if (settings.ReadObject("Backend") is not { } element)
        {
            return new BackendConfiguration("", "{}");
        }

        var reader = new SettingsReader(element, $"{where}: Backend.", mistakes);
        var known = "one of " + string.Join(", ", backends.Keys.Order(StringComparer.Ordinal));
        var before = mistakes.Count;
        var type = reader.ReadString("Type", known)?.ToLowerInvariant();
        if (type is not null && backends.TryGetValue(type, out var backend))
        {
            backend?.Check(reader, families);
        }
        else if (mistakes.Count == before)
        {
            reader.AddMistake("Type", known);
        }

        return new BackendConfiguration(type ?? "", element.GetRawText());
    }
}
