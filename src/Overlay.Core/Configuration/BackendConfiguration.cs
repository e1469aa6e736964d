using System.Text.Json;

namespace Overlay.Core.Configuration;

/// <summary>The <c>Backend</c> object of <c>net-conf.json</c>.</summary>
/// <param name="Type">The backend's name in lower case, for example <c>vxlan</c>.</param>
/// <param name="SettingsJson">The whole object as JSON text, <c>Type</c> included; two configurations are equal when their texts are.</param>
public sealed record BackendConfiguration(string Type, string SettingsJson)
{
    /// <summary>Whether the text names no backend, so that <see cref="Type"/> is this library's default. Worth a warning: flannel's own default is <c>udp</c>.</summary>
    public bool IsAssumed { get; init; }

    /// <summary>The settings as a JSON object, read anew at each call.</summary>
    public JsonElement ReadSettings() => JsonElement.Parse(SettingsJson);
}
