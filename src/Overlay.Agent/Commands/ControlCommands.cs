using System.Text.Json;
using Overlay.Agent.CommandLine;
using Overlay.Agent.Control;
using Overlay.Agent.State;
using Overlay.Core.Configuration;

namespace Overlay.Agent.Commands;

/// <summary>Commands that the running agent answers.</summary>
internal static class ControlCommands
{
    public static async Task<int> StatusAsync(AgentSettings settings)
    {
        var json = await new ControlClient(settings.ControlSocket).SendAsync("GET", "/status", CancellationToken.None);
        Console.Out.Write(settings.Json ? json : StatusText.Write(JsonSerializer.Deserialize(json, AgentJson.Default.StatusDocument)!));
        return 0;
    }

    public static async Task<int> SetLogLevelAsync(AgentSettings settings, string level)
    {
        if (!FlagTable.LogLevels.ContainsKey(level))
        {
            throw new ConfigurationException([new ConfigurationMistake("LEVEL", level, $"one of {string.Join(", ", FlagTable.LogLevels.Keys)}")]);
        }

        Console.Out.Write(await new ControlClient(settings.ControlSocket).SendAsync("PUT", $"/log-level/{Uri.EscapeDataString(level)}", CancellationToken.None));
        return 0;
    }
}
