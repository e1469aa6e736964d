using Overlay.Agent.CommandLine;
using Overlay.Agent.Commands;
using Overlay.Core.Configuration;
using Overlay.Core.Diagnostics;

namespace Overlay.Agent;

/// <summary>From the command line to the exit status: 0 success, 1 failure, 2 a mistake of the user.</summary>
internal static class AgentProgram
{
    public static async Task<int> RunAsync(string[] arguments)
    {
        var programName = Path.GetFileName(Environment.GetCommandLineArgs()[0]);
        var line = new CommandLineParser(Environment.GetEnvironmentVariable, programName).Parse(arguments);
        var settings = line.Settings;
        if (settings.Help)
        {
            Console.Out.Write(HelpText.Write());
            return 0;
        }

        if (settings.Version)
        {
            Console.Out.WriteLine(ProgramVersion.Text);
            return 0;
        }

        try
        {
            return line.Mistakes.Count > 0 ? throw new ConfigurationException(line.Mistakes) : await RunAsync(line);
        }
        catch (ConfigurationException exception)
        {
            Console.Error.WriteLine($"overlayd: {exception.Mistakes.Count switch { 1 => "1 mistake", var count => $"{count} mistakes" }}\n{string.Join('\n', exception.Mistakes.Select(mistake => $"  {mistake}"))}");
            return 2;
        }
        catch (OverlayException exception)
        {
            Console.Error.WriteLine($"overlayd: {exception.Message}");
            if (settings.EffectiveLogLevel <= Microsoft.Extensions.Logging.LogLevel.Debug)
            {
                Console.Error.WriteLine(exception);
            }

            return 1;
        }
    }

    private static Task<int> RunAsync(ParsedCommandLine line) => line.Command switch
    {
        var command when command == AgentCommand.Status => ControlCommands.StatusAsync(line.Settings),
        var command when command == AgentCommand.LogLevel => ControlCommands.SetLogLevelAsync(line.Settings, line.Arguments[0]),
        var command when command == AgentCommand.Plan => PlanCommand.RunAsync(line.Settings),
        var command when command == AgentCommand.Leave => RemovalCommands.LeaveAsync(line.Settings),
        var command when command == AgentCommand.Cleanup => RemovalCommands.CleanupAsync(line.Settings),
        var command when command == AgentCommand.Reserve => ReserveCommand.RunAsync(line.Settings, line.Arguments[0], line.Arguments[1]),
        _ => RunCommand.RunAsync(line.Settings),
    };
}
