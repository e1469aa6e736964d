using Microsoft.Extensions.Logging;

using Overlay.TestKit.Agents;
using Overlay.TestKit.WireGuard;
using Overlay.WireGuard.Cli.CommandLine;
using Overlay.WireGuard.Protocol.Aead;

namespace Overlay.WireGuard.Cli.Tests.CommandLine;

public sealed class ParsedCommandLineTests
{
    public static TheoryData<string, string> Wrong => new()
    {
        { "", "no INTERFACE is given." },
        { "-f", "no INTERFACE is given." },
        { "--foregrund wg0", "there is no option '--foregrund'." },
        { "-x", "there is no option '-x'." },
        { "wg0 -v", "there is no option '-v'." },
        { "wg0 wg1", "found 'wg1' behind INTERFACE, one interface is allowed." },
        { "-f wg0 wg1", "found 'wg1' behind INTERFACE, one interface is allowed." },
        { "an-interface-too-long", "INTERFACE: found 'an-interface-too-long', allowed is 1 to 15 bytes without '/', ':', '%' and blanks." },
        { "a/b", "INTERFACE: found 'a/b', allowed is 1 to 15 bytes without '/', ':', '%' and blanks." },
        { "..", "INTERFACE: found '..', allowed is 1 to 15 bytes without '/', ':', '%' and blanks." },
        { "wg%d", "INTERFACE: found 'wg%d', allowed is 1 to 15 bytes without '/', ':', '%' and blanks." },
        { "OVERLAY_WG_AEAD=fast wg0", "OVERLAY_WG_AEAD: found 'fast', allowed is auto, nsec, system or openssl." },
        { "OVERLAY_WG_AEAD=1 wg0", "OVERLAY_WG_AEAD: found '1', allowed is auto, nsec, system or openssl." },
        { "WG_TUN_FD=x wg0", "WG_TUN_FD: found 'x', allowed is the number of a descriptor." },
        { "WG_UAPI_FD=-1 wg0", "WG_UAPI_FD: found '-1', allowed is the number of a descriptor." },
        { "WG_UAPI_FD=99999999999 wg0", "WG_UAPI_FD: found '99999999999', allowed is the number of a descriptor." },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Parse_AMistake_SaysWhatWasFoundAndWhatIsAllowed(string line, string message) => Assert.Equal(message, Parse(line).Mistake);

    [Theory]
    [InlineData("wg0", false)]
    [InlineData("-f wg0", true)]
    [InlineData("--foreground wg0", true)]
    [InlineData("wg0 -f", true)]
    [InlineData("WG_PROCESS_FOREGROUND=1 wg0", true)]
    [InlineData("WG_PROCESS_FOREGROUND=0 wg0", false)]
    public void Parse_Foreground_AsWireguardGo(string line, bool expected)
    {
        Assert.Equal((expected, "wg0"), (Parse(line).Settings.IsForeground, Parse(line).Settings.Interface));
        Assert.Null(Parse(line).Mistake);
    }

    [Theory]
    [InlineData("wg0", LogLevel.Error, false)]
    [InlineData("LOG_LEVEL=verbose wg0", LogLevel.Debug, true)]
    [InlineData("LOG_LEVEL=debug wg0", LogLevel.Debug, true)]
    [InlineData("LOG_LEVEL=error wg0", LogLevel.Error, true)]
    [InlineData("LOG_LEVEL=silent wg0", LogLevel.None, false)]
    [InlineData("LOG_LEVEL=info wg0", LogLevel.Error, true)]
    public void Parse_LogLevel_AsWireguardGo(string line, LogLevel level, bool wantsLog) =>
        Assert.Equal((level, wantsLog), (Parse(line).Settings.LogLevel, Parse(line).Settings.WantsLog));

    [Theory]
    [InlineData("wg0", AeadPreference.Auto)]
    [InlineData("OVERLAY_WG_AEAD=auto wg0", AeadPreference.Auto)]
    [InlineData("OVERLAY_WG_AEAD=nsec wg0", AeadPreference.NSec)]
    [InlineData("OVERLAY_WG_AEAD=system wg0", AeadPreference.System)]
    [InlineData("OVERLAY_WG_AEAD=openssl wg0", AeadPreference.OpenSsl)]
    public void Parse_Aead_KnowsEveryLibrary(string line, AeadPreference expected)
    {
        Assert.Equal(expected, Parse(line).Settings.Aead);
        Assert.All(Enum.GetValues<AeadPreference>(), library => Assert.Contains(library.ToString().ToLowerInvariant(), HelpText.Text, StringComparison.Ordinal));
        Assert.All(Enum.GetValues<AeadPreference>(), library => Assert.Contains(library.ToString().ToLowerInvariant(), Parse("OVERLAY_WG_AEAD=fast wg0").Mistake, StringComparison.Ordinal));
    }

    [Fact]
    public void Parse_Environment_IsTaken()
    {
        var settings = Parse("OVERLAY_WG_AEAD=nsec WG_TUN_FD=3 WG_UAPI_FD=4 wg0").Settings;

        Assert.Equal((AeadPreference.NSec, 3, 4), (settings.Aead, settings.TunDescriptor, settings.UapiDescriptor));
    }

    [Theory]
    [InlineData("--help", 0, "Usage: overlay-wg [-f|--foreground] INTERFACE")]
    [InlineData("-h wg0", 0, "Usage: overlay-wg [-f|--foreground] INTERFACE")]
    [InlineData("--version", 0, "overlay-wg 0.")]
    [InlineData("", 2, "overlay-wg: no INTERFACE is given.\nUsage: overlay-wg [-f|--foreground] INTERFACE")]
    [InlineData("wg0 wg1", 2, "overlay-wg: found 'wg1' behind INTERFACE, one interface is allowed.\nUsage: overlay-wg [-f|--foreground] INTERFACE")]
    public async Task Program_EndsWithTheStatusAndOneMessage(string line, int status, string text)
    {
        Assert.SkipUnless(WireGuardBinary.IsOurs, "another program is under test");
        var result = await Tool.TryRunAsync(null, WireGuardBinary.Path, line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(status, result.Status);
        Assert.StartsWith(text, result.Text, StringComparison.Ordinal);
    }

    private static ParsedCommandLine Parse(string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var variables = words.Where(word => word.Contains('=')).Select(word => word.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);
        return ParsedCommandLine.Parse([.. words.Where(word => !word.Contains('='))], variables.GetValueOrDefault);
    }
}
