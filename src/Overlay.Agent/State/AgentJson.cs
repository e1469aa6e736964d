using System.Text.Json.Serialization;
using Overlay.Agent.Control;

namespace Overlay.Agent.State;

/// <summary>The JSON documents of the agent, without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(MadeRecord))]
[JsonSerializable(typeof(StatusDocument))]
[JsonSerializable(typeof(PlanDocument))]
internal sealed partial class AgentJson : JsonSerializerContext;
