using System.Text.Json;

namespace Overlay.Kubernetes.Nodes;

/// <summary>Writes strategic merge patches of a node.</summary>
internal static class NodePatch
{
    /// <summary>Changes annotations, if the node is still the one that was read: its uid and version are compared by the server.</summary>
    public static byte[] Annotations(NodeRecord basis, AnnotationNames names, IReadOnlyList<(NodeField Field, string? Value)> changes) => Write(json =>
    {
        json.WriteStartObject("metadata");
        json.WriteString("uid", basis[NodeField.Uid]);
        json.WriteString("resourceVersion", basis.ResourceVersion);
        json.WriteStartObject("annotations");
        foreach (var (field, value) in changes)
        {
            json.WriteString(names[field], value);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    });

    /// <summary>Sets the NetworkUnavailable condition; the others are merged by their type and stay.</summary>
    /// <param name="condition">The condition.</param>
    /// <param name="now">When it was looked at.</param>
    /// <param name="isTransition">Whether its status is another one now.</param>
    public static byte[] Condition(NetworkCondition condition, DateTimeOffset now, bool isTransition) => Write(json =>
    {
        json.WriteStartObject("status");
        json.WriteStartArray("conditions");
        json.WriteStartObject();
        json.WriteString("type", "NetworkUnavailable");
        json.WriteString("status", condition.Status);
        json.WriteString("lastHeartbeatTime", Time(now));
        if (isTransition)
        {
            json.WriteString("lastTransitionTime", Time(now));
        }

        json.WriteString("reason", condition.Reason);
        json.WriteString("message", condition.Message);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    });

    /// <summary>A time as Kubernetes' metav1.Time: RFC 3339 in whole seconds.</summary>
    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);

    private static byte[] Write(Action<Utf8JsonWriter> content)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            content(json);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
