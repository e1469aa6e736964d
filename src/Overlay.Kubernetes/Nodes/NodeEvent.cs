using System.Text.Json;

namespace Overlay.Kubernetes.Nodes;

/// <summary>An Event that <c>kubectl describe node</c> shows.</summary>
internal static class NodeEvent
{
    // Events of things that are in no namespace stand in this one, as kubelet's do.
    public const string Path = "api/v1/namespaces/default/events";

    /// <summary>A warning about a node.</summary>
    /// <param name="node">The node's name.</param>
    /// <param name="suffix">Makes the Event's own name unique.</param>
    /// <param name="reason">One word in camel case.</param>
    /// <param name="message">A sentence for people.</param>
    /// <param name="now">When it happened.</param>
    public static byte[] Warning(string node, string suffix, string reason, string message, DateTimeOffset now)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("apiVersion", "v1");
            json.WriteString("kind", "Event");
            json.WriteStartObject("metadata");
            json.WriteString("name", $"{node}.{suffix}");
            json.WriteString("namespace", "default");
            json.WriteEndObject();
            json.WriteStartObject("involvedObject");
            json.WriteString("apiVersion", "v1");
            json.WriteString("kind", "Node");
            json.WriteString("name", node);
            // Kubelet writes the name here too, and kubectl describe looks for it.
            json.WriteString("uid", node);
            json.WriteEndObject();
            json.WriteString("type", "Warning");
            json.WriteString("reason", reason);
            json.WriteString("message", message);
            json.WriteStartObject("source");
            json.WriteString("component", "overlayd");
            json.WriteString("host", node);
            json.WriteEndObject();
            json.WriteString("firstTimestamp", NodePatch.Time(now));
            json.WriteString("lastTimestamp", NodePatch.Time(now));
            json.WriteNumber("count", 1);
            json.WriteString("reportingComponent", "overlayd");
            json.WriteString("reportingInstance", node);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
