using Overlay.Core.Addressing;
using Overlay.Core.Configuration;
using Overlay.WireGuard.Protocol.Keys;

namespace Overlay.WireGuard.Backend;

/// <summary>The keys of a <c>Backend</c> object of type wireguard (flannel-facts 1.D), and <c>Device</c>, which flannel ignores.</summary>
internal sealed record WireGuardSettings
{
    private static readonly Dictionary<string, TunnelMode> _modes = new()
    {
        ["separate"] = TunnelMode.Separate,
        ["auto"] = TunnelMode.Auto,
        ["ipv4"] = TunnelMode.IPv4,
        ["ipv6"] = TunnelMode.IPv6,
    };

    private static readonly Dictionary<string, DeviceChoice> _devices = new()
    {
        ["auto"] = DeviceChoice.Auto,
        ["kernel"] = DeviceChoice.Kernel,
        ["userspace"] = DeviceChoice.Userspace,
    };

    /// <summary>The UDP port of the only device, or of the IPv4 one.</summary>
    public int ListenPort { get; init; } = 51820;

    /// <summary>The UDP port of the IPv6 device in mode separate.</summary>
    public int ListenPortV6 { get; init; } = 51821;

    /// <summary>The largest outer packet in bytes; 0, the default, is the underlay's.</summary>
    public int Mtu { get; init; }

    /// <summary>How often a silent peer is sent a packet, for the sake of NATs between; zero for never.</summary>
    public TimeSpan PersistentKeepalive { get; init; }

    /// <summary>How families are tunnelled.</summary>
    public TunnelMode Mode { get; init; }

    /// <summary>Who shall carry the packets.</summary>
    public DeviceChoice Device { get; init; }

    /// <summary>Whether all nodes share a further secret; <see cref="ReadPresharedKey"/> gives it.</summary>
    public bool HasPresharedKey { get; init; }

    /// <summary>Reads every key once; the reader collects the mistakes. Unknown keys are ignored, as flannel does.</summary>
    public static WireGuardSettings Read(SettingsReader reader, AddressFamilies families)
    {
        using var secret = ReadPresharedKey(reader);
        var settings = new WireGuardSettings
        {
            ListenPort = reader.ReadInt32("ListenPort", 51820, 1, ushort.MaxValue),
            ListenPortV6 = reader.ReadInt32("ListenPortV6", 51821, 1, ushort.MaxValue),
            // RFC 791: every host takes 576 bytes. Less leaves no room for a workload.
            Mtu = reader.ReadInt32("MTU", 0, 576, ushort.MaxValue),
            PersistentKeepalive = TimeSpan.FromSeconds(reader.ReadInt32("PersistentKeepaliveInterval", 0, 0, ushort.MaxValue)),
            Mode = ReadWord(reader, "Mode", _modes),
            Device = ReadWord(reader, "Device", _devices),
            HasPresharedKey = secret is not null,
        };
        settings.CheckFamilies(reader, families);
        return settings;
    }

    /// <summary>Reads the secret that all nodes share; the caller disposes of it. An empty text is none, as for flannel.</summary>
    public static PresharedKey? ReadPresharedKey(SettingsReader reader)
    {
        var text = reader.ReadSecret("PSK", IsKey, "32 bytes in base64, as 'wg genpsk' prints them: 44 characters");
        return string.IsNullOrEmpty(text) ? null : PresharedKey.TryParse(text);
    }

    private void CheckFamilies(SettingsReader reader, AddressFamilies families)
    {
        if (Mode == TunnelMode.Separate && families == AddressFamilies.Dual && ListenPort == ListenPortV6)
        {
            reader.AddMistake(nameof(ListenPortV6), "another port than ListenPort: mode separate opens two devices, and each takes its port in both families");
        }

        if (Mode == TunnelMode.IPv4 && !families.HasFlag(AddressFamilies.IPv4))
        {
            reader.AddMistake(nameof(Mode), "separate, auto or ipv6 while EnableIPv4 is false");
        }

        if (Mode == TunnelMode.IPv6 && !families.HasFlag(AddressFamilies.IPv6))
        {
            reader.AddMistake(nameof(Mode), "separate, auto or ipv4 while EnableIPv6 is false");
        }
    }

    private static bool IsKey(string text)
    {
        if (text.Length == 0)
        {
            return true;
        }

        // Hexadecimal digits are the other spelling of keys; flannel takes base64 only, and all nodes read one configuration.
        using var key = text.Length == 44 ? PresharedKey.TryParse(text) : null;
        return key is not null;
    }

    private static T ReadWord<T>(SettingsReader reader, string key, Dictionary<string, T> words)
        where T : struct
    {
        var allowed = "one of " + string.Join(", ", words.Keys);
        if (reader.ReadString(key, allowed) is not { } text)
        {
            return default;
        }

        if (!words.TryGetValue(text, out var value))
        {
            reader.AddMistake(key, allowed);
        }

        return value;
    }
}
