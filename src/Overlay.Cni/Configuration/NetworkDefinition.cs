using Overlay.Cni.Protocol;

namespace Overlay.Cni.Configuration;

/// <summary>The network configuration that the runtime gives on standard input: flannel's keys (flannel-facts 8.1), and where the agent listens.</summary>
internal sealed class NetworkDefinition
{
    public const string DefaultSubnetFile = "/run/flannel/subnet.env";
    public const string DefaultDataFolder = "/var/lib/cni/flannel";
    public const string DefaultControlSocket = "/run/overlay/overlayd.sock";

    private NetworkDefinition(JsonValue root) => Root = root;

    /// <summary>The whole configuration.</summary>
    public JsonValue Root { get; }

    public required CniVersion Version { get; init; }

    /// <summary>Whether the configuration says its version; if not, none is passed on.</summary>
    public required bool SaysVersion { get; init; }

    public required string Name { get; init; }

    public required string SubnetFile { get; init; }

    public required string DataFolder { get; init; }

    /// <summary>The agent's control socket.</summary>
    public required string ControlSocket { get; init; }

    public JsonValue Delegate => Root.Member("delegate");

    public JsonValue Ipam => Root.Member("ipam");

    public JsonValue RuntimeConfig => Root.Member("runtimeConfig");

    /// <summary>Only the version, which an answer needs also when all else is wrong.</summary>
    /// <exception cref="CniException">There is none that this plugin speaks.</exception>
    public static CniVersion ReadVersion(JsonValue root)
    {
        var value = root.Member("cniVersion");
        return CniVersions.TryParse(value.Text(""), out var version)
            ? version
            : throw value.Wrong($"one of {string.Join(", ", CniVersions.Names)}", CniErrorCode.IncompatibleVersion);
    }

    /// <exception cref="CniException">A key has a value that cannot be used.</exception>
    public static NetworkDefinition Read(JsonValue root)
    {
        var name = root.Member("name");
        root.Member("type").RequiredText("the plugin's name, such as flannel or overlay-cni");
        var network = new NetworkDefinition(root)
        {
            Version = ReadVersion(root),
            SaysVersion = root.Member("cniVersion").Text("").Length > 0,
            Name = name.Text("", Identifier) is var text && Invocation.IsIdentifier(text) ? text : throw name.Wrong(Identifier),
            SubnetFile = root.Member("subnetFile").AbsolutePath(DefaultSubnetFile),
            DataFolder = root.Member("dataDir").AbsolutePath(DefaultDataFolder),
            ControlSocket = root.Member("controlSocket").AbsolutePath(DefaultControlSocket),
        };
        foreach (var part in new[] { network.Delegate, network.Ipam, network.RuntimeConfig })
        {
            _ = part.IsMissing ? default : part.Object();
        }

        // flannel sets both from elsewhere, and refuses to be contradicted (flannel-facts 8.5).
        foreach (var (key, place) in new[] { ("name", "name"), ("ipam", "ipam") })
        {
            var member = network.Delegate.Member(key);
            _ = member.IsMissing ? 0 : throw member.Wrong($"nothing; it is taken from {place} beside delegate");
        }

        return network;
    }

    private const string Identifier = "a network's name: a letter or digit, then letters, digits, '_', '.' and '-'";
}
