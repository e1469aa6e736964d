using System.Text.Json;
using Overlay.Agent.CommandLine;
using Overlay.Agent.Logging;
using Overlay.Agent.State;
using Overlay.Core.Diagnostics;
using Overlay.Core.Engine;

namespace Overlay.Agent.Control;

/// <summary>What the control socket offers beside the health pages: <c>GET /status</c>, <c>POST /leave</c>, <c>PUT /log-level/LEVEL</c>.</summary>
internal sealed class ControlPages(OverlayEngine engine, StatusReader status, LevelSwitch level, StateFile state)
{
    private const string LogLevelPath = "/log-level/";

    /// <summary>Answers if the page is one of these.</summary>
    public async Task<bool> TryAnswerAsync(HttpContext context)
    {
        switch (context.Request.Method, context.Request.Path.Value ?? "")
        {
            case ("GET", "/status"):
                context.Response.ContentType = "application/json";
                await context.Response.WriteAsync(JsonSerializer.Serialize(status.Read(), AgentJson.Default.StatusDocument) + "\n");
                return true;
            case ("POST", "/leave"):
                await LeaveAsync(context.Response);
                return true;
            case ("PUT", var path) when path.StartsWith(LogLevelPath, StringComparison.Ordinal):
                await SetLevelAsync(context.Response, path[LogLevelPath.Length..]);
                return true;
            default:
                return false;
        }
    }

    private async Task LeaveAsync(HttpResponse response)
    {
        try
        {
            // Once begun it goes on, whether the caller waits or not.
            var report = await engine.LeaveAsync(CancellationToken.None);
            if (report.Kept.Count == 0)
            {
                state.Delete();
            }

            await response.WriteAsync(string.Concat(report.Removed.Select(line => $"removed {line}\n").Concat(report.Kept.Select(line => $"kept {line}\n"))));
        }
        catch (OverlayException exception)
        {
            response.StatusCode = StatusCodes.Status500InternalServerError;
            await response.WriteAsync(exception.Message + "\n");
        }
    }

    private async Task SetLevelAsync(HttpResponse response, string name)
    {
        if (FlagTable.LogLevels.TryGetValue(name, out var wanted))
        {
            level.Level = wanted;
            await response.WriteAsync($"The log level is {name} now.\n");
            return;
        }

        response.StatusCode = StatusCodes.Status400BadRequest;
        await response.WriteAsync($"log-level: found {name}, allowed is one of {string.Join(", ", FlagTable.LogLevels.Keys)}\n");
    }
}
