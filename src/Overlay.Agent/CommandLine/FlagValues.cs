using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Overlay.Agent.CommandLine;

/// <summary>Makes rows of the flag table, one method for each kind of value.</summary>
internal static class FlagValues
{
    public static Flag Switch(string name, bool defaultValue, string help, Action<AgentSettings, bool> set) =>
        new(name, "", defaultValue ? "true" : "false", help, "true or false", (settings, text) =>
        {
            var value = ReadBoolean(text);
            set(settings, value ?? false);
            return value is not null;
        })
        { IsSwitch = true };

    public static Flag Text(string name, string placeholder, string defaultValue, string help, Action<AgentSettings, string> set) =>
        new(name, placeholder, defaultValue, help, "any text", (settings, text) =>
        {
            set(settings, text);
            return true;
        });

    public static Flag AbsolutePath(string name, string defaultValue, string help, Action<AgentSettings, string> set) =>
        new(name, "PATH", defaultValue, help, "an absolute path", (settings, text) =>
        {
            set(settings, text);
            return Path.IsPathFullyQualified(text);
        });

    public static Flag Number(string name, string placeholder, int defaultValue, int minimum, int maximum, string help, Action<AgentSettings, int> set) =>
        new(name, placeholder, $"{defaultValue}", help, string.Create(CultureInfo.InvariantCulture, $"a whole number from {minimum} to {maximum}"), (settings, text) =>
        {
            if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) || value < minimum || value > maximum)
            {
                return false;
            }

            set(settings, value);
            return true;
        });

    public static Flag Address(string name, AddressFamily? family, string help, Action<AgentSettings, IPAddress> set, string defaultValue = "") =>
        new(name, "ADDRESS", defaultValue, help, family switch { AddressFamily.InterNetwork => "an IPv4 address", AddressFamily.InterNetworkV6 => "an IPv6 address", _ => "an IP address" },
            (settings, text) =>
            {
                if (!TryParseAddress(text, out var value) || (family is { } wanted && value.AddressFamily != wanted))
                {
                    return false;
                }

                set(settings, value);
                return true;
            });

    public static Flag Choice<T>(string name, string defaultValue, IReadOnlyDictionary<string, T> choices, string help, Action<AgentSettings, T> set) =>
        new(name, string.Join('|', choices.Keys), defaultValue, help, "one of " + string.Join(", ", choices.Keys), (settings, text) =>
        {
            if (!choices.TryGetValue(text.ToLowerInvariant(), out var value))
            {
                return false;
            }

            set(settings, value);
            return true;
        });

    /// <summary>The truth values of Go's strconv.ParseBool.</summary>
    public static bool? ReadBoolean(string text) => text switch
    {
        "1" or "t" or "T" or "true" or "TRUE" or "True" => true,
        "0" or "f" or "F" or "false" or "FALSE" or "False" => false,
        _ => null,
    };

    // IPAddress also takes "1" and "10.1", which nobody means.
    private static bool TryParseAddress(string text, out IPAddress address) =>
        IPAddress.TryParse(text, out address!) && (address.AddressFamily == AddressFamily.InterNetworkV6 || text.Count(character => character == '.') == 3);
}
