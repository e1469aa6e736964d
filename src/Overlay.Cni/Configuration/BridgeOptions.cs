using Overlay.Cni.Protocol;

namespace Overlay.Cni.Configuration;

/// <summary>What <c>delegate</c> says to the bridge that this plugin makes itself: the keys of the reference plugin <c>bridge</c>, with flannel's defaults (flannel-facts 8.5).</summary>
internal sealed record BridgeOptions
{
    public string Name { get; init; } = "cni0";

    /// <summary>Whether the bridge has the gateway's address.</summary>
    public bool IsGateway { get; init; } = true;

    /// <summary>Whether workloads have default routes through the bridge.</summary>
    public bool IsDefaultGateway { get; init; }

    /// <summary>Whether this plugin masquerades what workloads send out of the network.</summary>
    public bool Masquerades { get; init; }

    public int Mtu { get; init; }

    public bool Hairpin { get; init; }

    public bool IsPromiscuous { get; init; }

    /// <summary>Whether workloads reach only the host, and not each other, on this node.</summary>
    public bool IsolatesPorts { get; init; }

    public CniDns Dns { get; init; } = new();

    // Keys of the reference plugin that this one does not have, and the value that asks for nothing.
    private static readonly (string Key, Func<JsonValue, bool> IsNothing)[] _unsupported =
    [
        ("vlan", value => value.Number(0, 0, 4094) == 0),
        ("vlanTrunk", value => !value.List().Any()),
        ("macspoofchk", value => !value.Flag(false)),
        ("enabledad", value => !value.Flag(false)),
        ("disableContainerInterface", value => !value.Flag(false)),
    ];

    /// <exception cref="CniException">A key has a value that cannot be used.</exception>
    public static BridgeOptions Read(NetworkDefinition network, SubnetEnvironment environment)
    {
        var value = network.Delegate;
        foreach (var (key, isNothing) in _unsupported)
        {
            var member = value.Member(key);
            if (!isNothing(member))
            {
                throw member.Wrong("only in the plugin bridge; set delegate.type to \"bridge\" to run that one", CniErrorCode.UnsupportedField);
            }
        }

        var options = new BridgeOptions
        {
            Name = ReadName(value.Member("bridge")),
            IsDefaultGateway = value.Member("isDefaultGateway").Flag(false),
            IsGateway = value.Member("isGateway").Flag(true) || value.Member("isDefaultGateway").Flag(false),
            Masquerades = value.Member("ipMasq").Flag(!environment.IsMasqueraded),
            Mtu = (int)value.Member("mtu").Number(0, 0, 65535) is var mtu && mtu > 0 ? mtu : environment.Mtu,
            Hairpin = value.Member("hairpinMode").Flag(false),
            IsPromiscuous = value.Member("promiscMode").Flag(false),
            IsolatesPorts = value.Member("portIsolation").Flag(false),
            Dns = CniResultReader.ReadDns(value.Member("dns")),
        };
        if (options.Hairpin && options.IsPromiscuous)
        {
            throw value.Member("promiscMode").Wrong("false while delegate.hairpinMode is true: a promiscuous bridge would see each packet twice");
        }

        // Below 1280 bytes the kernel turns IPv6 off (RFC 8200, section 5).
        var least = environment.Subnets.Any(subnet => subnet.Address.IsIPv6) ? 1280 : 68;
        return options.Mtu >= least ? options : throw value.Member("mtu").Wrong($"at least {least} bytes");
    }

    private static string ReadName(JsonValue value)
    {
        const string Allowed = "a bridge's name of 1 to 15 bytes without '/', ':' and blanks";
        var text = value.Text("", Allowed);
        return text.Length == 0 ? "cni0" : LinkNames.IsValid(text) ? text : throw value.Wrong(Allowed);
    }
}
