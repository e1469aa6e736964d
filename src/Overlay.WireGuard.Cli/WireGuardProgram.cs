using System.ComponentModel;

using Overlay.Core.Diagnostics;
using Overlay.WireGuard.Cli.CommandLine;
using Overlay.WireGuard.Cli.Hosting;

namespace Overlay.WireGuard.Cli;

/// <summary>From the command line to the exit status: 0 success, 1 failure, 2 a mistake of the user.</summary>
internal static class WireGuardProgram
{
    public static async Task<int> RunAsync(string[] arguments)
    {
        var line = ParsedCommandLine.Parse(arguments, Environment.GetEnvironmentVariable);
        if (line.Text is { } text)
        {
            Console.Out.Write(text);
            return 0;
        }

        if (line.Mistake is { } mistake)
        {
            Console.Error.WriteLine($"overlay-wg: {mistake}\n{HelpText.Usage}");
            return 2;
        }

        try
        {
            return line.Settings.IsForeground ? await ForegroundDevice.RunAsync(line.Settings) : await BackgroundDevice.StartAsync(line.Settings);
        }
        catch (Exception exception) when (exception is OverlayException or Win32Exception or IOException or PlatformNotSupportedException)
        {
            Console.Error.WriteLine($"overlay-wg: {exception.Message}");
            return 1;
        }
    }
}
