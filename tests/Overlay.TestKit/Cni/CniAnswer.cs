using System.Text.Json;

namespace Overlay.TestKit.Cni;

/// <summary>How a plugin answered.</summary>
/// <param name="Status">The exit status; 128 and more for a signal.</param>
/// <param name="Output">Standard output.</param>
/// <param name="Errors">Standard error.</param>
/// <param name="Duration">From the start of the process to its end.</param>
public sealed record CniAnswer(int Status, string Output, string Errors, TimeSpan Duration)
{
    /// <summary>Whether the plugin says that it succeeded.</summary>
    public bool IsSuccess => Status == 0;

    /// <summary>The error code of the answer; 0 when there is none.</summary>
    public int ErrorCode => TryParse(out var json) && json.TryGetProperty("code", out var code) && code.TryGetInt32(out var value) ? value : 0;

    /// <summary>The error's message and details in one line.</summary>
    public string ErrorText => TryParse(out var json) ? $"{Text(json, "msg")} {Text(json, "details")}".Trim() : "";

    /// <summary>The answer as JSON.</summary>
    /// <exception cref="InvalidOperationException">It is none, or the plugin failed.</exception>
    public JsonElement Result => IsSuccess && TryParse(out var json) ? json : throw new InvalidOperationException($"The plugin failed: {this}");

    /// <summary>Reads standard output as a JSON object.</summary>
    public bool TryParse(out JsonElement json)
    {
        try
        {
            json = JsonElement.Parse(Output);
            return json.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            json = default;
            return false;
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"status {Status}, output '{Output.Trim()}', errors '{Errors.Trim()}'";

    private static string Text(JsonElement json, string key) => json.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
}
