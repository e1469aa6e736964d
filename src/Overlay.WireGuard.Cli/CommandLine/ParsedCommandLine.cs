using System.Globalization;

using Microsoft.Extensions.Logging;

using Overlay.Linux.Netlink.Route;
using Overlay.WireGuard.Protocol.Aead;

namespace Overlay.WireGuard.Cli.CommandLine;

/// <summary>What came of the arguments and the environment: settings, or a text to print, or a mistake.</summary>
internal sealed record ParsedCommandLine
{
    public ProgramSettings Settings { get; private init; } = new();

    public string? Text { get; private init; }

    public string? Mistake { get; private init; }

    public static ParsedCommandLine Parse(IReadOnlyList<string> arguments, Func<string, string?> environment)
    {
        if (arguments.Contains("--help") || arguments.Contains("-h"))
        {
            return new() { Text = HelpText.Text };
        }

        if (arguments.Contains("--version"))
        {
            return new() { Text = HelpText.Version };
        }

        var names = arguments.Where(argument => argument is not ("-f" or "--foreground")).ToArray();
        return names switch
        {
            [] => new() { Mistake = "no INTERFACE is given." },
            _ when names.FirstOrDefault(name => name.StartsWith('-')) is { } option => new() { Mistake = $"there is no option '{option}'." },
            [_, var second, ..] => new() { Mistake = $"found '{second}' behind INTERFACE, one interface is allowed." },
            [var name] when !LinkName.IsValid(name) => new() { Mistake = $"INTERFACE: found '{name}', allowed is {LinkName.Rule}." },
            [var name] => ReadEnvironment(new ProgramSettings { Interface = name, IsForeground = names.Length < arguments.Count }, environment),
        };
    }

    private static ParsedCommandLine ReadEnvironment(ProgramSettings settings, Func<string, string?> environment)
    {
        var aead = environment(ProgramSettings.AeadVariable) is { Length: > 0 } word ? word : "auto";
        var preference = Array.Find(Enum.GetValues<AeadPreference>(), value => Matches(value, aead));
        if (!Matches(preference, aead))
        {
            return new() { Mistake = $"{ProgramSettings.AeadVariable}: found '{aead}', allowed is auto, nsec, system or openssl." };
        }

        if (!TryReadDescriptor(environment, ProgramSettings.TunVariable, out var tun, out var mistake)
            || !TryReadDescriptor(environment, ProgramSettings.UapiVariable, out var uapi, out mistake))
        {
            return new() { Mistake = mistake };
        }

        return new()
        {
            Settings = settings with
            {
                IsForeground = settings.IsForeground || environment(ProgramSettings.ForegroundVariable) == "1",
                Detaches = environment(ProgramSettings.DetachVariable) == "1",
                // As wireguard-go: another word means the default, because other programs have the variable, too.
                LogLevel = environment(ProgramSettings.LogLevelVariable) switch { "verbose" or "debug" => LogLevel.Debug, "silent" => LogLevel.None, _ => LogLevel.Error },
                WantsLog = environment(ProgramSettings.LogLevelVariable) is { Length: > 0 } and not "silent",
                Aead = preference,
                TunDescriptor = tun,
                UapiDescriptor = uapi,
            },
        };
    }

    private static bool Matches(AeadPreference value, string word) => value.ToString().Equals(word, StringComparison.OrdinalIgnoreCase);

    private static bool TryReadDescriptor(Func<string, string?> environment, string variable, out int? descriptor, out string? mistake)
    {
        (descriptor, mistake) = (null, null);
        if (environment(variable) is not { Length: > 0 } text)
        {
            return true;
        }

        var isNumber = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number);
        descriptor = number;
        mistake = isNumber ? null : $"{variable}: found '{text}', allowed is the number of a descriptor.";
        return isNumber;
    }
}
